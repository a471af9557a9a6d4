import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Api, assertSameBytes } from './harness/api.ts';
import { pseudoRandom } from './harness/content.ts';
import { RecordingProxy } from './harness/recording-proxy.ts';
import { TestServer } from './harness/server.ts';
import { SyncDevice } from './harness/sync-device.ts';

const MiB = 1024 * 1024;
const NAME = 'video.raw';

describe('valise sync tells the changes of a large file alone', () => {
  let server: TestServer;
  let network: RecordingProxy;
  let root: string;
  let laptop: SyncDevice;
  let desktop: SyncDevice;

  before(async () => {
    server = await TestServer.start();
    network = await RecordingProxy.start(server.url);
  });
  after(async () => {
    await network.close();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'valise-sync-deltas-'));
    const account = await new Api(server.url).register();
    laptop = new SyncDevice(root, 'laptop');
    desktop = new SyncDevice(root, 'desktop');
    for (const device of [laptop, desktop]) await device.login(network.url, account);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  /** Syncs once; answers what was told of uploads. */
  async function sync(device: SyncDevice) {
    network.requests.length = 0;
    const { code, stderr } = await device.once();
    assert.equal(code, 0, stderr);
    return network.requests
      .filter(({ path }) => path.startsWith('/files/presigned-url'))
      .map(({ body }) => JSON.parse(body.toString()));
  }

  async function edit(device: SyncDevice, at: number, text: string): Promise<Uint8Array> {
    const path = join(device.folder, NAME);
    const old = await readFile(path);
    const content = Buffer.concat([old.subarray(0, at), Buffer.from(text), old.subarray(at)]);
    await writeFile(path, content);
    return content;
  }

  async function assertBoth(content: Uint8Array): Promise<void> {
    for (const { folder } of [laptop, desktop]) {
      assertSameBytes(await readFile(join(folder, NAME)), content);
    }
  }

  test('whoever sent or received the version before tells edits of it', async () => {
    await writeFile(join(laptop.folder, NAME), pseudoRandom('video', 40 * MiB));
    const [first] = await sync(laptop);
    assert.ok(first.chunks.length > 100);
    await sync(desktop);

    for (const [from, to, at] of [
      [laptop, desktop, 20 * MiB],
      [desktop, laptop, 30 * MiB],
      [desktop, laptop, 10 * MiB],
    ] as const) {
      const content = await edit(from, at, `${from.name} ${at}`);
      const [told, ...others] = await sync(from);
      assert.deepEqual(others, []);
      assert.equal(told.chunks, undefined);
      assert.ok(told.chunkEdits.length > 0);
      assert.deepEqual([told.baseVerified, told.size], [true, content.length]);
      await sync(to);
      await assertBoth(content);
    }
  });

  test('without that memory, or with an old one, the whole list is told', async () => {
    await writeFile(join(laptop.folder, NAME), pseudoRandom('video', 20 * MiB));
    await sync(laptop);
    await sync(desktop);
    const memory = join(laptop.home, 'versions');
    const older = join(root, 'older');
    await cp(memory, older, { recursive: true });
    for (const forget of [
      () => rm(memory, { recursive: true }),
      () => cp(older, memory, { recursive: true }),
    ]) {
      await forget();
      const content = await edit(laptop, 9 * MiB, 'forgotten');
      const [told] = await sync(laptop);
      assert.ok(told.chunks.length > 50 && told.chunkEdits === undefined);
      await sync(desktop);
      await assertBoth(content);
    }
  });
});
