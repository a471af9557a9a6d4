import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { jsonLines, runValise } from './testing/run-valise.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

describe('sharing by command', { timeout: 120_000 }, () => {
  let server: TestServer;
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'valise-share-'));
    server = await startTestServer(process.env);
    for (const name of ['ann', 'bob']) {
      const account = ['--register', '--name', name, '--email', `${name}@example.org`];
      const login = ['login', server.url, ...account, '--password-stdin'];
      assert.equal((await as(name, login, 'correct horse\n')).code, 0);
    }
    await writeFile(join(root, 'plan.txt'), 'by ann');
    await ok('ann', ['put', 'plan.txt', '--to', 'Trip/Lisbon']);
  });
  after(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });

  function as(who: string, args: readonly string[], input = '') {
    const env = { ...process.env, VALISE_HOME: join(root, `home-${who}`) };
    return runValise(args, { env, cwd: root, input });
  }
  async function ok(who: string, args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await as(who, args);
    assert.equal(code, 0, `valise ${args.join(' ')}\n${stderr}`);
    return stdout;
  }

  test('what is shared is listed, read and written by path, and left', async () => {
    const line = jsonLines(await as('ann', ['share', 'Trip', 'bob@example.org', '--json']))[0];
    assert.deepEqual([line?.type, line?.action, line?.role], ['share', 'shared', 'viewer']);
    assert.match(await ok('bob', ['ls', '--shared']), /^viewer {2}.* Trip\/ {2}from ann\n$/);
    assert.equal(await ok('bob', ['ls', 'Shared with me/Trip/Lisbon']), 'plan.txt\n');
    await ok('bob', ['get', 'Shared with me/Trip', 'got']);
    assert.equal(await readFile(join(root, 'got/Lisbon/plan.txt'), 'utf8'), 'by ann');
    await writeFile(join(root, 'note.txt'), 'by bob');
    const put = ['put', 'note.txt', '--to', 'Shared with me/Trip/Lisbon'];
    assert.equal((await as('bob', put)).code, 1, 'a viewer');
    await ok('ann', ['share', '--role', 'editor', 'Trip', 'bob@example.org']);
    await ok('bob', put);
    assert.equal(await ok('ann', ['ls', 'Trip/Lisbon']), 'note.txt\nplan.txt\n');
    assert.match(await ok('ann', ['ls', '--shared', 'Trip/Lisbon']), /^editor .*with Trip\/\n$/);
    await ok('bob', ['unshare', 'Shared with me/Trip']);
    assert.equal(await ok('bob', ['ls', '--shared']), '');
    assert.equal((await as('bob', ['ls', 'Shared with me/Trip'])).code, 1);
  });

  test('refusals say what to do', async () => {
    const unknown = await as('ann', ['share', 'Trip', 'nobody@example.org']);
    assert.deepEqual([unknown.code, /Nothing was shared/.test(unknown.stderr)], [1, true]);
    assert.equal((await as('ann', ['share', 'Trip', 'bob@example.org', '--role', 'king'])).code, 2);
    assert.equal((await as('ann', ['unshare', 'Trip'])).code, 2);
    assert.equal((await as('ann', ['unshare', 'Trip', 'bob@example.org'])).code, 1);
    await ok('ann', ['unshare', 'Trip', '--all']);
  });
});
