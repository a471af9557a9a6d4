import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertSameBytes, fakeSource, noise } from '../fakes/test-content.ts';
import { type FakeWorld, fakeWorld } from '../fakes/test-world.ts';
import { hashBytes } from '../hashing/hash-bytes.ts';
import type { KnownVersion } from './known-version.ts';
import { uploadFile } from './upload-file.ts';
import type { UploadRequest } from './upload-request.ts';

const MIB = 1_048_576;
const before = noise(20 * MIB);
const after = Buffer.concat([before.subarray(0, 9 * MIB), noise(9, 'x'), before.subarray(9 * MIB)]);

function requestFor(bytes: Uint8Array, base: KnownVersion | null): UploadRequest {
  const modifiedAt = new Date(0);
  const place = { name: 'a.bin', parentId: null, mimeType: 'x/y', executable: false };
  return { source: fakeSource(bytes), ...place, modifiedAt, base };
}

async function firstVersion(world: FakeWorld): Promise<KnownVersion> {
  const { file, records } = await uploadFile(world.deps, requestFor(before, null));
  assert.ok(records);
  return { version: file.version, records, verified: true };
}

/** What the create calls said. */
function creations(world: FakeWorld): readonly Record<string, unknown>[] {
  const bodies: Record<string, unknown>[] = [];
  world.transport.intercept = (request) => {
    if (request.url.endsWith('/files/presigned-url')) bodies.push(JSON.parse(String(request.body)));
    return null;
  };
  return bodies;
}

describe('uploading an edit', () => {
  test('of a version whose chunks are known tells the difference alone', async () => {
    const world = fakeWorld();
    const base = await firstVersion(world);
    const bodies = creations(world);
    const { file } = await uploadFile(world.deps, requestFor(after, base));
    const [body] = bodies;
    assert.deepEqual([body?.baseVersion, body?.baseVerified, body?.chunks], [1, true, undefined]);
    assert.ok(JSON.stringify(body?.chunkEdits).length < 1_000);
    assertSameBytes(world.server.files.get(file.id)?.content, after);
  });

  test('of a file known by its id names that alone', async () => {
    const world = fakeWorld();
    const { file, records } = await uploadFile(world.deps, requestFor(before, null));
    assert.ok(records);
    const base = { version: file.version, records, verified: true };
    const bodies = creations(world);
    const request = { ...requestFor(after, base), name: 'not read', fileId: file.id };
    const { file: edited } = await uploadFile(world.deps, request);
    assert.deepEqual([edited.id, edited.name, edited.version], [file.id, file.name, 2]);
    const [body] = bodies;
    assert.deepEqual([body?.fileId, body?.name, body?.parentId], [file.id, undefined, undefined]);
    assertSameBytes(world.server.files.get(file.id)?.content, after);
  });

  test('of a base that the server does not know (any more) tells it all', async () => {
    const world = fakeWorld();
    const base = await firstVersion(world);
    const bodies = creations(world);
    await uploadFile(world.deps, requestFor(after, { ...base, version: 7 }));
    assert.deepEqual(
      bodies.map((body) => [body.chunkEdits !== undefined, body.chunks !== undefined]),
      [
        [true, false],
        [false, true],
      ],
    );
  });

  test('of a base that is another than believed tells it all', async () => {
    const world = fakeWorld();
    await firstVersion(world);
    const { records } = await hashBytes(before.subarray(0, 18 * MIB), world.ambient);
    const bodies = creations(world);
    const wrong = { version: 1, verified: true, records };
    const { file } = await uploadFile(world.deps, requestFor(after, wrong));
    assert.equal(bodies.length, 2);
    assertSameBytes(world.server.files.get(file.id)?.content, after);
  });

  test('that changes nearly everything tells it all at once', async () => {
    const world = fakeWorld();
    const base = await firstVersion(world);
    const bodies = creations(world);
    await uploadFile(world.deps, requestFor(noise(20 * MIB, 'new'), base));
    assert.deepEqual([bodies.length, bodies[0]?.chunkEdits], [1, undefined]);
  });
});
