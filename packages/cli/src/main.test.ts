import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { jsonLines, runValise } from './testing/run-valise.ts';

const COMMANDS = 'login logout put get ls mkdir mv cp rm restore devices'.split(' ');

describe('valise without a server', () => {
  let home: string;
  let env: NodeJS.ProcessEnv;
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'valise-home-'));
    env = { ...process.env, VALISE_HOME: home };
  });
  after(() => rm(home, { recursive: true, force: true }));
  const run = (args: readonly string[], input = '') => runValise(args, { env, input });

  test('help names every command, and every command helps with examples', async () => {
    const { code, stdout } = await run(['--help']);
    assert.equal(code, 0);
    for (const name of COMMANDS) assert.match(stdout, new RegExp(`^ {2}${name}\\b`, 'm'));
    const put = await run(['put', '--help']);
    assert.equal(put.code, 0);
    assert.match(put.stdout, /Examples:/);
  });

  const USAGE: readonly (readonly string[])[] = [
    [],
    ['no-such-command'],
    ['put'],
    ['mv', 'only-one'],
    ['ls', '--no-such-option'],
    ['ls', '--server', 'ftp://example.org'],
    ['login', 'https://ann:secret@example.org'],
    ['login', 'http://127.0.0.1:1', '--email', 'ann@example.org'],
  ];
  for (const args of USAGE) {
    test(`usage: valise ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await run(args);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      assert.notEqual(stderr, '');
    });
  }

  test('with --json a usage error is a line like every other', async () => {
    const result = await run(['put', '--json']);
    assert.equal(result.code, 2);
    assert.equal(result.stderr, '');
    assert.deepEqual(jsonLines(result), [
      { type: 'error', code: 'usage', detail: "missing required argument 'path'" },
    ]);
  });

  test('nobody logged in: 3, and what to do', async () => {
    const { code, stderr } = await run(['ls']);
    assert.equal(code, 3);
    assert.match(stderr, /Run: valise login/);
    const elsewhere = await run(['ls', '--server', 'http://127.0.0.1:1', '--json']);
    assert.equal(elsewhere.code, 3);
    assert.equal(jsonLines(elsewhere)[0]?.code, 'not-logged-in');
  });

  test('a server that is not there: 1, said so', async () => {
    const login = ['login', 'http://127.0.0.1:1', '--email', 'a@example.org', '--password-stdin'];
    const { code, stderr } = await run(login, 'secret');
    assert.equal(code, 1);
    assert.match(stderr, /127\.0\.0\.1:1/);
  });

  describe('interrupted', () => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const silent = createServer();
    before(async () => {
      silent.listen(0, '127.0.0.1');
      await once(silent, 'listening');
    });
    after(() => silent.close());

    /** A login at a server that takes connections and never answers. */
    async function hanging() {
      const address = silent.address();
      assert.ok(address !== null && typeof address === 'object');
      const connected = once(silent, 'connection');
      const url = `http://127.0.0.1:${address.port}`;
      const child = fork(main, ['login', url], { env, silent: true });
      await connected;
      return child;
    }

    test('by a signal and its relayed copy: one interruption, 130', async () => {
      const child = await hanging();
      let told = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        told += text;
      });
      child.kill('SIGINT');
      child.send({ signal: 'SIGINT' });
      const [code] = await once(child, 'close');
      assert.equal(code, 130);
      assert.match(told, /^Stopping/);
      assert.match(told, /Stopped\./);
    });

    test('by a launcher that died', async () => {
      const child = await hanging();
      child.disconnect();
      const [code] = await once(child, 'exit');
      assert.equal(code, 130);
    });
  });
});
