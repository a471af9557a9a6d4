import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { jsonLines, type RunOptions, type RunResult, runValise } from './testing/run-valise.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

const MiB = 1024 * 1024;

describe('valise and a real server', { timeout: 120_000 }, () => {
  let server: TestServer;
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'valise-e2e-'));
    server = await startTestServer(process.env);
    const account = ['--register', '--name', 'Ann', '--email', 'ann@example.org'];
    const args = ['login', server.url, ...account, '--password-stdin', '--device', 'laptop'];
    const { code, stderr } = await valise(args, { input: 'correct horse\n' });
    assert.equal(code, 0, stderr);
  });
  after(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });

  function valise(args: readonly string[], options: Partial<RunOptions> = {}) {
    const env = { ...process.env, VALISE_HOME: join(root, 'home') };
    return runValise(args, { env, cwd: root, ...options });
  }
  async function ok(args: readonly string[]): Promise<RunResult> {
    const result = await valise(args);
    assert.equal(result.code, 0, `valise ${args.join(' ')}\n${result.stderr}`);
    return result;
  }
  async function names(path: string): Promise<unknown[]> {
    return jsonLines(await ok(['ls', path, '--json'])).map(({ name }) => name);
  }

  const ODD: Readonly<Record<string, Buffer>> = {
    'plain.txt': Buffer.from('hello'),
    'spaces & #%?.txt': randomBytes(1000),
    '👩‍👩‍👧.bin': randomBytes(70_000),
    'sub/-dash/--flag': randomBytes(10),
    'sub/empty': Buffer.alloc(0),
    'sub/large.bin': randomBytes(9 * MiB + 1),
  };

  async function makeTree(folder: string): Promise<void> {
    await mkdir(join(folder, 'sub', '-dash'), { recursive: true });
    await mkdir(join(folder, 'empty folder'));
    for (const [name, content] of Object.entries(ODD)) await writeFile(join(folder, name), content);
    await chmod(join(folder, 'plain.txt'), 0o755);
    await utimes(join(folder, 'plain.txt'), 1_600_000_000.123, 1_600_000_000.123);
    await symlink('../plain.txt', join(folder, 'sub', 'link'));
  }

  async function assertTree(folder: string): Promise<void> {
    for (const [name, content] of Object.entries(ODD)) {
      assert.ok(content.equals(await readFile(join(folder, name))), name);
    }
    const plain = await stat(join(folder, 'plain.txt'));
    assert.equal(plain.mode & 0o111, 0o111);
    assert.equal(plain.mtime.getTime(), 1_600_000_000_123);
    assert.equal(await readlink(join(folder, 'sub', 'link')), '../plain.txt');
    assert.deepEqual(await readdir(join(folder, 'empty folder')), []);
  }

  test('a folder goes up and comes down the same, by the rules of cp -r', async () => {
    await makeTree(join(root, 'odd tree'));
    await ok(['put', 'odd tree', '--to', 'new/backup']);
    assert.deepEqual(await names('new/backup'), ['odd tree']);
    await ok(['get', 'new/backup/odd tree', 'missing']);
    await assertTree(join(root, 'missing'));
    await mkdir(join(root, 'there'));
    await ok(['get', '/new/backup/odd tree', 'there']);
    await assertTree(join(root, 'there', 'odd tree'));
    const left = await readdir(join(root, 'there'), { recursive: true });
    assert.deepEqual(
      left.filter((name) => name.includes('.valise-')),
      [],
    );
  });

  test('what is there already is neither sent nor received again', async () => {
    await makeTree(join(root, 'same'));
    await ok(['put', 'same']);
    const put = jsonLines(await ok(['put', 'same', '--json']));
    assert.equal(put.find(({ type }) => type === 'summary')?.bytesSent, 0);
    await ok(['get', 'same', 'same.back']);
    await writeFile(join(root, 'same.back', 'plain.txt'), 'other');
    await ok(['put', 'same/.', '--to', 'same']);
    const got = jsonLines(await ok(['get', 'same/sub', 'same.back', '--json']));
    const summary = got.find(({ type }) => type === 'get');
    assert.deepEqual([summary?.bytesReceived, summary?.unchanged], [0, 3]);
    await ok(['get', 'same/plain.txt', 'same.back']);
    await assertTree(join(root, 'same.back'));
  });

  test('NFD and NFC are one name, and twins do not replace one another', async () => {
    await mkdir(join(root, 'twins'));
    await writeFile(join(root, 'twins', 'cafe\u0301'), 'decomposed');
    await writeFile(join(root, 'twins', 'README'), 'first');
    await writeFile(join(root, 'twins', 'readme'), 'second');
    const put = await valise(['put', 'twins', '--json']);
    assert.equal(put.code, 4);
    const errors = jsonLines(put).filter(({ type }) => type === 'error');
    assert.deepEqual(
      errors.map(({ code, path }) => [code, path]),
      [['local-name', 'twins/readme']],
    );
    await ok(['get', 'twins/caf\u00e9', 'cafe.back']);
    assert.equal(await readFile(join(root, 'cafe.back'), 'utf8'), 'decomposed');
  });

  test('one bad path of several: the rest goes on, 4; none good: 1', async () => {
    await writeFile(join(root, 'good.txt'), 'good');
    const some = await valise(['put', 'good.txt', 'missing.txt']);
    assert.equal(some.code, 4);
    assert.match(some.stderr, /missing\.txt/);
    assert.equal((await valise(['put', 'missing.txt'])).code, 1);
    const gone = await valise(['get', 'missing.txt']);
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /missing\.txt/);
  });

  test('mkdir, mv, cp, rm, restore', async () => {
    await writeFile(join(root, 'note.txt'), 'note');
    assert.equal((await valise(['mkdir', 'work/deep'])).code, 1);
    await ok(['mkdir', '-p', 'work/deep']);
    assert.equal((await valise(['mkdir', 'work'])).code, 1);
    await ok(['put', 'note.txt', '--to', 'work']);
    await ok(['mv', 'work/note.txt', 'work/Renamed.txt']);
    await ok(['mv', 'work/Renamed.txt', 'work/renamed.txt']);
    await ok(['cp', 'work/renamed.txt', 'work/copy.txt']);
    await ok(['cp', 'work/copy.txt', 'work/renamed.txt', '/work/deep']);
    assert.deepEqual(await names('work/deep'), ['copy.txt', 'renamed.txt']);
    assert.equal((await valise(['mv', 'work/copy.txt', 'work/renamed.txt'])).code, 1);
    await ok(['rm', 'work/copy.txt']);
    assert.deepEqual(await names('work'), ['deep', 'renamed.txt']);
    await ok(['restore', '/work/copy.txt']);
    assert.deepEqual(await names('work'), ['copy.txt', 'deep', 'renamed.txt']);
    await ok(['rm', 'work']);
    const inside = await valise(['restore', 'work/copy.txt']);
    assert.equal(inside.code, 1);
    assert.match(inside.stderr, /valise restore \/work/);
    await ok(['restore', 'work']);
    assert.deepEqual(await names('work/deep'), ['copy.txt', 'renamed.txt']);
  });

  test('a put killed in the middle goes on with what is missing', async () => {
    const content = randomBytes(96 * MiB);
    await writeFile(join(root, 'killed.bin'), content);
    const before = await storedBytes();
    const killed = Promise.withResolvers<void>();
    const first = valise(['put', 'killed.bin'], {
      onStart: async (child) => {
        while (child.exitCode === null && (await storedBytes()) < before + 48 * MiB) {}
        child.kill('SIGKILL');
        killed.resolve();
      },
    });
    await killed.promise;
    assert.equal((await first).signal, 'SIGKILL');
    const again = jsonLines(await ok(['put', 'killed.bin', '--json']));
    const { bytes, bytesSent } = again.find(({ type }) => type === 'summary') ?? {};
    assert.equal(bytes, content.length);
    assert.ok(Number(bytesSent) > 0 && Number(bytesSent) < content.length, `${bytesSent}`);
    await ok(['get', 'killed.bin', 'killed.back']);
    assert.ok(content.equals(await readFile(join(root, 'killed.back'))));
  });

  /** What the store has on its disk, finished or not. */
  async function storedBytes(): Promise<number> {
    const folder = join(server.data, 'objects');
    const sizes = (await readdir(folder, { recursive: true })).map(async (name) => {
      const found = await stat(join(folder, name)).catch(() => null);
      return found?.isFile() ? found.size : 0;
    });
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  test('devices: a revoked one is told so, 3; logging out ends a login', async () => {
    const phone = { env: { ...process.env, VALISE_HOME: join(root, 'phone') } };
    const login = ['login', server.url, '--email', 'ann@example.org', '--password-stdin'];
    const wrong = await valise(login, { ...phone, input: 'wrong' });
    assert.equal(wrong.code, 1);
    const named = [...login, '--device', 'phone'];
    assert.equal((await valise(named, { ...phone, input: 'correct horse' })).code, 0);
    const devices = jsonLines(await ok(['devices', '--json']));
    assert.deepEqual(devices.map(({ name, current }) => `${name} ${current}`).sort(), [
      'laptop true',
      'phone false',
    ]);
    await ok(['devices', 'revoke', 'phone']);
    const revoked = await valise(['ls'], phone);
    assert.equal(revoked.code, 3);
    assert.match(revoked.stderr, /valise login/);
    assert.equal((await valise(named, { ...phone, input: 'correct horse' })).code, 0);
    assert.equal((await valise(['logout'], phone)).code, 0);
    assert.equal((await valise(['ls'], phone)).code, 3);
  });
});
