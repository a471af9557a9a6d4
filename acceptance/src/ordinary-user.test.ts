import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { assertSameBytes } from './harness/api.ts';
import { pseudoRandom } from './harness/content.ts';
import { cleanEnvironment, freePorts, REPOSITORY } from './harness/server.ts';

const run = promisify(execFile);
const isDone = () => true;
const isBusy = (error: Error) => {
  assert.match(error.message, /busy/);
  return false;
};
const NOBODY = 65_534;
const MiB = 1024 * 1024;
const skip = process.getuid?.() !== 0 && 'only root can become somebody else';

/** A checkout that belongs to somebody else, and a person who may read it and nothing more. */
describe('an ordinary user starts and uses Valise from a checkout that is not theirs', {
  skip,
}, () => {
  let root: string;
  let started: ChildProcess;
  let port: number;
  let output = '';
  const checkout = () => join(root, 'checkout');
  const home = () => join(root, 'home');

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'valise-user-'));
    await chmod(root, 0o755);
    await Promise.all([mkdir(checkout()), mkdir(home())]);
    await chown(home(), NOBODY, NOBODY);
    await run('mount', ['--bind', '-o', 'ro', REPOSITORY, checkout()]);
    await run('mount', ['-o', 'remount,bind,ro', checkout()]);
    const [api = 0, objects, ops] = await freePorts(3);
    port = api;
    started = asUser('npm', ['start'], {
      VALISE_DATA: join(home(), 'data'),
      VALISE_PORT: String(api),
      VALISE_OBJECTS_PORT: String(objects),
      VALISE_OPS_PORT: String(ops),
    });
    for (const stream of [started.stdout, started.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    await untilSaid(/Valise runs at/);
  });
  after(async () => {
    // As a terminal does it: npm and what it started hear of it together.
    process.kill(-(started.pid ?? 0), 'SIGINT');
    if (started.exitCode === null) await once(started, 'exit');
    // npm ends before what it started.
    while (!(await run('umount', [checkout()]).then(isDone, isBusy))) await sleep(50);
    await rm(root, { recursive: true });
  });

  function asUser(command: string, args: readonly string[], env = {}): ChildProcess {
    const { PATH = '' } = process.env;
    return spawn(command, args, {
      cwd: checkout(),
      uid: NOBODY,
      gid: NOBODY,
      detached: true,
      env: { ...cleanEnvironment(), PATH, HOME: home(), ...env },
    });
  }

  async function untilSaid(what: RegExp): Promise<void> {
    while (!what.test(output)) {
      if (started.exitCode !== null) throw new Error(output);
      await once(started.stdout ?? started, 'data');
    }
  }

  async function valise(args: readonly string[], input = ''): Promise<string> {
    const child = asUser(join(checkout(), 'node_modules/.bin/valise'), args);
    child.stdin?.end(input);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    const [code] = await once(child, 'close');
    assert.equal(code, 0, said);
    return said;
  }

  test('signs up, puts and gets', async () => {
    const url = `http://127.0.0.1:${port}`;
    const names = ['--register', '--name', 'Ann', '--email', 'ann@example.org'];
    await valise(['login', url, ...names, '--password-stdin'], 'correct horse battery');
    const content = pseudoRandom('ordinary', 9 * MiB);
    await writeFile(join(home(), 'mine.bin'), content);
    await valise(['put', join(home(), 'mine.bin'), '--to', 'Backup']);
    assert.match(await valise(['ls', 'Backup']), /mine\.bin/);
    await valise(['get', 'Backup/mine.bin', join(home(), 'back.bin')]);
    assertSameBytes(await readFile(join(home(), 'back.bin')), content);
  });
});
