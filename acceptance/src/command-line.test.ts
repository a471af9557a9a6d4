import assert from 'node:assert/strict';
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
import { Api } from './harness/api.ts';
import { type CliOptions, type CliResult, lines, valise } from './harness/cli.ts';
import { pseudoRandom } from './harness/content.ts';
import { TestServer } from './harness/server.ts';
import { storedBytes } from './harness/store.ts';

const MiB = 1024 * 1024;

describe('valise on the command line', () => {
  let server: TestServer;
  let root: string;
  let account: { email: string; password: string };

  before(async () => {
    server = await TestServer.start();
    account = await new Api(server.url).register();
    root = await mkdtemp(join(tmpdir(), 'valise-cli-'));
    await login('laptop');
    await login('phone');
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });

  async function login(device: string): Promise<void> {
    await mkdir(join(root, device), { recursive: true });
    const args = ['login', server.url, '--email', account.email, '--password-stdin'];
    const result = await valise(args, { home: join(root, device), input: account.password });
    assert.equal(result.code, 0, result.stderr);
  }
  function run(args: string[], extra: Partial<CliOptions> = {}): Promise<CliResult> {
    return valise(args, { home: join(root, 'laptop'), cwd: root, ...extra });
  }
  async function ok(args: string[], extra: Partial<CliOptions> = {}): Promise<CliResult> {
    const result = await run(args, extra);
    assert.equal(result.code, 0, `valise ${args.join(' ')}\n${result.stdout}\n${result.stderr}`);
    return result;
  }

  test('help and usage', async () => {
    const help = await ok(['--help']);
    for (const command of ['login', 'put', 'get', 'ls', 'mv', 'cp', 'rm', 'restore', 'devices']) {
      assert.match(help.stdout, new RegExp(`\\b${command}\\b`));
    }
    assert.equal((await run(['no-such-command'])).code, 2);
    assert.equal((await run(['put'])).code, 2);
    const stranger = await run(['ls'], { home: await mkdtemp(join(root, 'nobody-')) });
    assert.equal(stranger.code, 3);
    assert.match(stranger.stderr, /valise login/);
  });

  test('a folder with all sorts of things goes up and comes down the same elsewhere', async () => {
    const from = join(root, 'odd tree');
    await mkdir(join(from, 'sub', '-dash'), { recursive: true });
    await mkdir(join(from, 'empty folder'));
    const files: Record<string, Uint8Array> = {
      'plain.txt': Buffer.from('hello'),
      'with space & #%?.txt': pseudoRandom('1', 1000),
      'émoji 👩‍👩‍👧.bin': pseudoRandom('2', 70_000),
      'sub/-dash/--flag': pseudoRandom('3', 10),
      'sub/empty': new Uint8Array(0),
      'sub/large.bin': pseudoRandom('4', 20 * MiB + 1),
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(from, name), content);
    await chmod(join(from, 'plain.txt'), 0o755);
    await utimes(join(from, 'plain.txt'), 1_600_000_000.123, 1_600_000_000.123);
    await symlink('../plain.txt', join(from, 'sub', 'link'));

    await ok(['put', 'odd tree', '--to', '/backup']);
    await ok(['get', 'backup', 'down'], { home: join(root, 'phone') });
    const to = join(root, 'down');
    const there = (await readdir(to)).includes('odd tree')
      ? join(to, 'odd tree')
      : join(to, 'backup', 'odd tree');
    for (const [name, content] of Object.entries(files)) {
      assert.ok(Buffer.from(content).equals(await readFile(join(there, name))), name);
    }
    const plain = await stat(join(there, 'plain.txt'));
    assert.equal(plain.mode & 0o111, 0o111);
    assert.equal(plain.mtime.getTime(), 1_600_000_000_123);
    assert.equal(await readlink(join(there, 'sub', 'link')), '../plain.txt');
    assert.ok((await stat(join(there, 'empty folder'))).isDirectory());
    const again = await ok(['put', 'odd tree', '--to', '/backup', '--json']);
    assert.ok(lines(again).length > 0);
  });

  test('ls, mkdir, mv, cp, rm, restore', async () => {
    await ok(['mkdir', '/work']);
    await writeFile(join(root, 'note.txt'), 'note');
    await ok(['put', 'note.txt', '--to', '/work']);
    await ok(['mv', '/work/note.txt', '/work/renamed.txt']);
    await ok(['cp', 'work/renamed.txt', 'work/copy.txt']);
    const listed = await ok(['ls', '/work']);
    assert.match(listed.stdout, /copy\.txt[\s\S]*renamed\.txt/);
    await ok(['rm', '/work/copy.txt']);
    assert.doesNotMatch((await ok(['ls', 'work'])).stdout, /copy\.txt/);
    await ok(['restore', '/work/copy.txt']);
    assert.match((await ok(['ls', 'work'])).stdout, /copy\.txt/);
    const missing = await run(['get', '/work/none.txt']);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /none\.txt/);
  });

  test('one bad path of several: the rest goes on, exit 4', async () => {
    await writeFile(join(root, 'good.txt'), 'good');
    const result = await run(['put', 'good.txt', 'missing.txt', '--json']);
    assert.equal(result.code, 4, result.stderr);
    for (const line of lines(result)) assert.equal(typeof line.type, 'string');
    assert.match((await ok(['ls'])).stdout, /good\.txt/);
  });

  test('a put killed in the middle resumes without sending again what was there', async () => {
    const content = pseudoRandom('killed', 160 * MiB);
    await writeFile(join(root, 'killed.bin'), content);
    const partsIn = async () => await storedBytes(server.data);
    const before = await partsIn();
    const child: { kill?: () => void } = {};
    const killed = run(['put', 'killed.bin'], {
      onStart: (process) => {
        child.kill = () => process.kill('SIGKILL');
      },
    });
    await until(async () => (await partsIn()) > before);
    child.kill?.();
    assert.notEqual((await killed).code, 0);
    const there = (await partsIn()) - before;
    const [put] = lines(await ok(['put', 'killed.bin', '--json']));
    const sent = put.bytesSent;
    assert.ok(sent > 0 && sent <= content.byteLength - there, `${sent} sent, ${there} was there`);
    await ok(['get', 'killed.bin', 'killed.back']);
    assert.ok(Buffer.from(content).equals(await readFile(join(root, 'killed.back'))));
  });

  test('Ctrl-C exits 130 and the same command goes on', async () => {
    await writeFile(join(root, 'stopped.bin'), pseudoRandom('stopped', 160 * MiB));
    const before = await storedBytes(server.data);
    const child: { stop?: () => void } = {};
    const stopped = run(['put', 'stopped.bin'], {
      onStart: (process) => {
        child.stop = () => process.kill('SIGINT');
      },
    });
    await until(async () => (await storedBytes(server.data)) > before);
    child.stop?.();
    assert.equal((await stopped).code, 130);
    await ok(['put', 'stopped.bin']);
  });

  test('two command lines of one person put the same names at once: each is one of both, whole', async () => {
    const contents = new Map<string, Uint8Array[]>();
    for (const [device, size] of [
      ['laptop', 21 * MiB],
      ['phone', 23 * MiB],
    ] as const) {
      const folder = join(root, `race ${device}`, 'raced');
      await mkdir(folder, { recursive: true });
      for (const name of ['large', ...Array.from({ length: 40 }, (_, n) => `small ${n}`)]) {
        const content = pseudoRandom(`${device} ${name}`, name === 'large' ? size : 500);
        await writeFile(join(folder, name), content);
        contents.set(name, [...(contents.get(name) ?? []), content]);
      }
    }
    await Promise.all(
      ['laptop', 'phone'].map((device) =>
        ok(['put', 'raced'], { home: join(root, device), cwd: join(root, `race ${device}`) }),
      ),
    );
    await ok(['get', 'raced', 'raced']);
    const names = await readdir(join(root, 'raced'));
    assert.deepEqual(names.sort(), [...contents.keys()].sort(), 'no copies, nothing missing');
    for (const [name, candidates] of contents) {
      const got = await readFile(join(root, 'raced', name));
      assert.ok(
        candidates.some((content) => got.equals(content)),
        name,
      );
    }
  });

  test('devices lists logins; a revoked device is told so, exit 3', async () => {
    await login('lost phone');
    const lost = join(root, 'lost phone');
    const { items } = (await listDevices()) as { items: { id: string; current: boolean }[] };
    assert.ok(items.length >= 3);
    const mine = lines(await run(['devices', '--json'], { home: lost }));
    const current = mine.find((line) => line.current === true);
    await ok(['devices', 'revoke', current.id]);
    await until(async () => (await run(['ls'], { home: lost })).code === 3);
    await ok(['logout'], { home: join(root, 'phone') });
    assert.equal((await run(['ls'], { home: join(root, 'phone') })).code, 3);
  });

  async function listDevices(): Promise<unknown> {
    const guest = new Api(server.url);
    const { email, password } = account;
    const session = await guest.post('/auth/login', { email, password });
    return (await guest.as(session.body).get('/devices')).body;
  }
});

async function until(condition: () => Promise<boolean>, within = 30_000): Promise<void> {
  const deadline = Date.now() + within;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `not within ${within} ms`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
