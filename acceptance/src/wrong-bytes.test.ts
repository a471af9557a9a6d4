import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { Api, assertSameBytes } from './harness/api.ts';
import { valise } from './harness/cli.ts';
import { pseudoRandom } from './harness/content.ts';
import { skipWithoutNginx, startEdge } from './harness/edge.ts';
import { FaultyStore } from './harness/faulty-store.ts';
import { type Lie, LyingCdn } from './harness/lying-cdn.ts';
import { freePorts, TestServer } from './harness/server.ts';
import { skipUnlessEmbedded } from './harness/store.ts';

const MiB = 1024 * 1024;

/** Of large files ranges are fetched, small ones come in one piece. */
const SIZES = { large: 24 * MiB, small: 3 * MiB } as const;

const LIES: Readonly<Record<string, Lie>> = {
  'a flipped bit': { kind: 'flipped' },
  'another file’s bytes': {
    kind: 'another-file',
    content: pseudoRandom('a stranger', SIZES.large + MiB),
  },
  'another range': { kind: 'another-range' },
  'a range passed off as another': { kind: 'passed-off-range' },
  'everything instead of a range': { kind: 'no-ranges' },
  'a page instead of bytes': { kind: 'page' },
};

describe('a CDN that serves wrong bytes', { skip: skipUnlessEmbedded }, () => {
  let store: FaultyStore;
  let cdn: LyingCdn;
  let server: TestServer;
  let home: string;

  before(async () => {
    store = await FaultyStore.start();
    cdn = await LyingCdn.start(store.data.url);
    server = await TestServer.start({ env: { ...store.env, S3_PUBLIC_ENDPOINT: cdn.url } });
    const ann = await new Api(server.url).register();
    home = await mkdtemp(join(tmpdir(), 'valise-wrong-bytes-'));
    const args = ['login', server.url, '--email', ann.email, '--password-stdin'];
    assert.equal((await valise(args, { home, input: ann.password })).code, 0);
    await mkdir(join(home, 'up'));
    for (const [name, size] of Object.entries(SIZES)) {
      await writeFile(join(home, 'up', name), newOf(name, size));
      assert.equal((await valise(['put', `up/${name}`], { home })).code, 0);
    }
  });
  afterEach(() => cdn.tell(null));
  after(async () => {
    await server[Symbol.asyncDispose]();
    await cdn.close();
    await store[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  });

  for (const [name, size] of Object.entries(SIZES)) {
    describe(`${name} files`, () => {
      let folder: string;
      const get = () => valise(['get', name, join(folder, name)], { home });
      const here = () => readFile(join(folder, name));

      /** An older copy, as it stands before the new version is fetched. */
      async function prepare(): Promise<void> {
        folder = await mkdtemp(join(home, 'down-'));
        await writeFile(join(folder, name), oldOf(name, size));
      }

      for (const [what, lie] of Object.entries(LIES)) {
        // To a question for everything, everything is the right answer.
        if (lie.kind === 'no-ranges' && name === 'small') continue;

        test(`${what}, again and again: said, the older copy stays, and later it goes on`, async () => {
          await prepare();
          cdn.tell(lie);
          const failed = await get();
          assert.ok(cdn.lies > 1, 'it was asked for again');
          assert.equal(failed.code, 1, failed.stderr);
          assert.match(failed.stderr, /damaged|something else than the bytes/);
          assertSameBytes(await here(), oldOf(name, size));
          cdn.tell(null);
          const got = await get();
          assert.equal(got.code, 0, got.stderr);
          assertSameBytes(await here(), newOf(name, size));
          assert.deepEqual(await readdir(folder), [name]);
        });

        test(`${what}, twice: fetched again`, async () => {
          await prepare();
          cdn.tell({ ...lie, times: 2 });
          const got = await get();
          assert.equal(cdn.lies, 2);
          assert.equal(got.code, 0, got.stderr);
          assertSameBytes(await here(), newOf(name, size));
        });
      }
    });
  }
});

test('an edge whose cache has rotted: said, the older copy stays, and later it goes on', {
  skip: skipWithoutNginx || skipUnlessEmbedded,
}, async () => {
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const cdn = { CDN_URL: url, CDN_KEY: 'an edge and its servers share this' };
  await using server = await TestServer.start({ env: { CDN: 'edge', ...cdn } });
  await using _edge = await startEdge(server.data, { url, env: cdn });
  const cache = `${server.data}-edge-cache`;
  const home = await mkdtemp(join(tmpdir(), 'valise-rotten-edge-'));
  const ann = await new Api(server.url).register();
  const login = ['login', server.url, '--email', ann.email, '--password-stdin'];
  assert.equal((await valise(login, { home, input: ann.password })).code, 0);
  await mkdir(join(home, 'up'));
  for (const [name, size] of Object.entries(SIZES)) {
    const path = join(home, name);
    const get = () => valise(['get', name, path], { home });
    await writeFile(join(home, 'up', name), newOf(name, size));
    assert.equal((await valise(['put', `up/${name}`], { home })).code, 0);
    assert.equal((await get()).code, 0);
    const cached = await filesBelow(cache);
    assert.ok(cached.length > 0, 'the edge keeps what it served');
    for (const file of cached) await flipBit(file);

    await writeFile(path, oldOf(name, size));
    const failed = await get();
    assert.equal(failed.code, 1, failed.stderr);
    assert.match(failed.stderr, /damaged/);
    assertSameBytes(await readFile(path), oldOf(name, size));

    for (const file of cached) await rm(file);
    const got = await get();
    assert.equal(got.code, 0, got.stderr);
    assertSameBytes(await readFile(path), newOf(name, size));
  }
  await rm(home, { recursive: true });
  await rm(cache, { recursive: true, force: true });
});

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

/** Of the content: heads of cached answers are at the beginning. */
async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.length - 1000;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(path, bytes);
}

function oldOf(name: string, size: number): Uint8Array {
  return pseudoRandom(name, size);
}

/** Half of it is new. */
function newOf(name: string, size: number): Uint8Array {
  return Buffer.concat([pseudoRandom(name, size / 2), pseudoRandom(`new ${name}`, size / 2)]);
}
