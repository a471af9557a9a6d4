import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  type Account,
  Api,
  assertSameBytes,
  download,
  expectStatus,
  putParts,
  upload,
} from './harness/api.ts';
import { type Chunked, chunked, somePieces } from './harness/chunks.ts';
import { valise } from './harness/cli.ts';
import { pseudoRandom } from './harness/content.ts';
import { FaultyStore } from './harness/faulty-store.ts';
import { TestServer } from './harness/server.ts';
import { skipUnlessEmbedded } from './harness/store.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

describe('changes on the way, and something fails', { skip: skipUnlessEmbedded }, () => {
  let store: FaultyStore;
  let server: TestServer;
  let ann: Account;
  let api: Api;
  let home: string;

  before(async () => {
    store = await FaultyStore.start();
    server = await TestServer.start({ env: store.env });
    ann = await new Api(server.url).register();
    api = new Api(server.url).as(ann);
    home = await mkdtemp(join(tmpdir(), 'valise-delta-faults-'));
    const args = ['login', server.url, '--email', ann.email, '--password-stdin'];
    assert.equal((await valise(args, { home, input: ann.password })).code, 0);
  });
  afterEach(() => {
    store.control.heal();
    store.data.heal();
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  });

  /** An edit all of whose bytes are up, still to be completed. */
  async function sentEdit(name: string): Promise<{ edited: Chunked; fileId: string }> {
    const pieces = somePieces(name, 80);
    await upload(api, { name, ...chunked(pieces) });
    const places = [30, 34, 38, 60];
    const edited = chunked(
      places.reduce((list, at) => list.with(at, pseudoRandom(`${name} ${at}`, 50 * KiB)), pieces),
    );
    const { content, ...told } = edited;
    const created = await api.post('/files/presigned-url', {
      ...{ name, size: content.length, mimeType: 'a/b', baseVersion: 1, ...told },
    });
    const { upload: plan, file } = expectStatus(created, 201);
    assert.ok(plan.parts.length > 0 && plan.parts.length <= 4);
    await putParts(api, plan, content);
    return { edited, fileId: file.id };
  }

  /** Completes, as a client does: again and again while it is being assembled. */
  async function completed(fileId: string): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      // A server that has just been started may not listen yet.
      const answer = await api.post(`/files/${fileId}/complete`, {}).catch(() => null);
      if (answer?.status === 200) return;
      assert.ok([202, 503].includes(answer?.status ?? 503), JSON.stringify(answer?.body));
      assert.ok(Date.now() < deadline, 'it never completes');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  test('a server that is killed while copying, or completing, leaves whole files to the next', async () => {
    const edits = [await sentEdit('killed completing'), await sentEdit('killed copying')];
    const calls: Promise<unknown>[] = [];
    const faults = [/^POST .*uploadId=/, /^PUT .*partNumber=/];
    for (const [n, { fileId }] of edits.entries()) {
      store.control.set({ kind: 'hang', ...(faults[n] ? { only: faults[n] } : {}) });
      calls.push(api.post(`/files/${fileId}/complete`, {}).catch(() => null));
      await until(() => store.control.met > 0);
    }
    await server.kill();
    await Promise.all(calls);
    store.control.heal();
    server = await server.restart();
    for (const { fileId, edited } of edits) {
      await completed(fileId);
      assertSameBytes(await download(api, fileId), edited.content);
    }
  });

  test('calls to the store that fail on the way do no harm', async () => {
    const { edited, fileId } = await sentEdit('failing calls');
    const only = /^(PUT .*partNumber=|POST .*uploadId=)/;
    store.control.set({ kind: 'answer', status: 500, code: 'InternalError', times: 12, only });
    await completed(fileId);
    assertSameBytes(await download(api, fileId), edited.content);
  });

  test('a download that breaks off leaves the older copy, and goes on when it is asked again', async () => {
    const path = join(home, 'large.bin');
    const before = pseudoRandom('large', 40 * MiB);
    await writeFile(path, before);
    const run = (...args: string[]) => valise(args, { home });
    assert.equal((await run('put', 'large.bin')).code, 0);
    const after = Buffer.concat([before.subarray(0, 20 * MiB), pseudoRandom('new', 6 * MiB)]);
    await writeFile(path, after);
    assert.equal((await run('put', 'large.bin')).code, 0);
    await writeFile(path, before);
    store.data.set({ kind: 'cut', after: 300 * KiB, only: /^GET /, times: 3 });
    assert.equal((await run('get', 'large.bin', 'large.bin')).code, 0);
    assertSameBytes(await readFile(path), after);

    await writeFile(path, before);
    store.data.set({ kind: 'answer', status: 404, code: 'NoSuchKey', only: /^GET / });
    assert.equal((await run('get', 'large.bin', 'large.bin')).code, 1);
    assertSameBytes(await readFile(path), before);
  });
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'it never happened');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
