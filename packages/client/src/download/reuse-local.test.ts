import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isClientError } from '../errors/client-error.ts';
import {
  assertSameBytes,
  type FakeSource,
  fakeSink,
  fakeSource,
  noise,
} from '../fakes/test-content.ts';
import { type FakeWorld, fakeWorld } from '../fakes/test-world.ts';
import { hashBytes } from '../hashing/hash-bytes.ts';
import { downloadFile } from './download-file.ts';
import type { LocalContent } from './local-content.ts';

const MIB = 1_048_576;
const before = noise(20 * MIB);
const edit = noise(1_000, 'edit');
const after = Buffer.concat([before.subarray(0, 9 * MIB), edit, before.subarray(9 * MIB)]);

interface Edited extends FakeWorld {
  readonly fileId: string;
  /** The older version. */
  readonly local: LocalContent & { readonly source: FakeSource };
}

/** A server that holds `after`, and here is `before`, which it held until then. */
async function editedWorld(): Promise<Edited> {
  const world = fakeWorld();
  const hashed = await hashBytes(before, world.ambient);
  const fileId = world.server.add(before, hashed.records, hashed.fingerprint).id;
  world.server.replace(fileId, after, await hashBytes(after, world.ambient));
  return { ...world, fileId, local: { source: fakeSource(before), ...hashed } };
}

function isStoreGet({ method, url }: { readonly method: string; readonly url: string }): boolean {
  return method === 'GET' && url.startsWith('https://store.test/');
}

describe('downloading over what is here already', () => {
  test('only changed chunks are fetched, and only the difference of the lists', async () => {
    const { deps, fileId, local, transport } = await editedWorld();
    const sink = fakeSink();
    const result = await downloadFile(deps, { fileId, sink, reuse: [local] });
    assertSameBytes(sink.target, after);
    assert.ok(result.bytesReceived < 3 * MIB, String(result.bytesReceived));
    assert.equal(result.bytesReceived + (result.bytesReused ?? 0), after.length);
    assert.equal(result.verified, 'content');
    assert.equal(transport.log.filter((line) => line.endsWith('/chunks')).length, 1);
  });

  test('content that the server knows nothing of serves as well', async () => {
    const { deps, fileId, ambient } = await editedWorld();
    const other = Buffer.concat([noise(MIB, 'head'), before.subarray(3 * MIB, 15 * MIB)]);
    const hashed = await hashBytes(other, ambient);
    const sink = fakeSink();
    const reuse = [{ source: fakeSource(other), ...hashed }];
    const result = await downloadFile(deps, { fileId, sink, reuse });
    assertSameBytes(sink.target, after);
    assert.ok(result.bytesReceived < 14 * MIB, String(result.bytesReceived));
  });

  test('what changed here meanwhile is found out and fetched', async () => {
    const { deps, fileId, local } = await editedWorld();
    local.source.bytes = before.slice();
    local.source.bytes[2 * MIB] = 77 ^ (before[2 * MIB] ?? 0);
    const sink = fakeSink();
    const result = await downloadFile(deps, { fileId, sink, reuse: [local] });
    assertSameBytes(sink.target, after);
    assert.equal(result.verified, 'content');
  });

  test('what became shorter, or is gone, is done without', async () => {
    const { deps, fileId, local } = await editedWorld();
    local.source.bytes = before.slice(0, 5 * MIB);
    const sink = fakeSink();
    await downloadFile(deps, { fileId, sink, reuse: [local] });
    assertSameBytes(sink.target, after);
  });

  test('a list that is none of the file’s makes no wrong file', async () => {
    const { deps, fileId, local, ambient } = await editedWorld();
    const { records, fingerprint } = await hashBytes(noise(20 * MIB, 'other'), ambient);
    const sink = fakeSink();
    const lie = { source: local.source, records, fingerprint };
    await downloadFile(deps, { fileId, sink, reuse: [lie] });
    assertSameBytes(sink.target, after);
  });

  test('bytes that come damaged are fetched again; for ever damaged, nothing is replaced', async () => {
    for (const times of [2, 100]) {
      const { deps, fileId, local, transport } = await editedWorld();
      let damaged = 0;
      transport.intercept = (request) => {
        if (!isStoreGet(request) || damaged++ >= times) return null;
        const [from = 0, last = 0] =
          (request.headers?.range ?? '').match(/\d+/g)?.map(Number) ?? [];
        const headers = { 'content-range': `bytes ${from}-${last}/${after.length}` };
        return { status: 206, headers, body: new Uint8Array(last - from + 1) };
      };
      const sink = fakeSink();
      const downloading = downloadFile(deps, { fileId, sink, reuse: [local] });
      if (times === 2) {
        await downloading;
        assertSameBytes(sink.target, after);
      } else {
        await assert.rejects(downloading, (error) => isClientError(error, 'content-corrupt'));
        assert.equal(sink.target, null);
      }
    }
  });

  test('a URL that expires on the way is renewed by a small call', async () => {
    const { deps, fileId, local, transport } = await editedWorld();
    let refused = 0;
    transport.intercept = (request) =>
      isStoreGet(request) && refused++ === 0 ? { status: 403 } : null;
    const sink = fakeSink();
    await downloadFile(deps, { fileId, sink, reuse: [local] });
    assertSameBytes(sink.target, after);
    const asked = transport.log.filter((line) => line === `GET /files/${fileId}`);
    assert.equal(asked.length, 2);
  });
});
