import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError, isAppError } from '@valise/core/errors';
import { packDigests } from '@valise/core/manifest';
import { ClientError, isClientError } from '../errors/client-error.ts';
import {
  assertSameBytes,
  type FakeSource,
  fakeFile,
  fakeSource,
  noise,
} from '../fakes/test-content.ts';
import { type FakeWorld, fakeWorld } from '../fakes/test-world.ts';
import { fingerprintRecords } from '../hashing/hash-bytes.ts';
import type { ContentHasher } from '../ports.ts';
import { createTransferControl } from '../transfer/transfer-control.ts';
import { uploadFile } from './upload-file.ts';
import type { UploadRequest } from './upload-request.ts';

const MIB = 1_048_576;

function request(source: UploadRequest['source'], name = 'a.bin'): UploadRequest {
  const modifiedAt = new Date(0);
  return { source, name, parentId: null, mimeType: 'x/y', modifiedAt, executable: false };
}

function stored(world: FakeWorld, fileId: string): Uint8Array | null | undefined {
  return world.server.files.get(fileId)?.content;
}

/** Hashes the parts along with the chunks. */
async function partHasher(world: FakeWorld, { bytes }: FakeSource): Promise<ContentHasher> {
  const size = 8 * MIB;
  const digests: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    digests.push(await world.deps.ambient.sha256(bytes.subarray(at, at + size)));
  }
  const parts = { size, digests: Buffer.concat(digests) };
  return { hash: async (content) => ({ ...(await world.deps.hasher.hash(content)), parts }) };
}

function puts(world: FakeWorld): string[] {
  return world.transport.log.filter((line) => /^PUT .*\/\d+$/.test(line));
}

describe('uploading one file', () => {
  for (const size of [0, 1, 5_000, 8 * MIB, 8 * MIB + 1, 20 * MIB + 12_345]) {
    test(`${size} bytes arrive as they are`, async () => {
      const world = fakeWorld();
      const source = fakeSource(noise(size));
      const { file, bytesSent } = await uploadFile(world.deps, request(source));
      assert.equal(file.status, 'uploaded');
      assert.equal(bytesSent, size);
      assertSameBytes(stored(world, file.id), source.bytes);
      assert.equal(source.closed, true);
    });
  }

  test('parts hashed beforehand ask for all their URLs in one call', async () => {
    const world = fakeWorld();
    const source = fakeSource(noise(40 * MIB));
    const hasher = await partHasher(world, source);
    const { file } = await uploadFile({ ...world.deps, hasher }, request(source));
    assertSameBytes(stored(world, file.id), source.bytes);
    const calls = world.transport.log.filter((line) => line.endsWith('/upload/urls'));
    assert.equal(calls.length, 1);
  });

  test('known content moves no byte', async () => {
    const world = fakeWorld();
    await uploadFile(world.deps, request(fakeSource(noise(20 * MIB))));
    const before = puts(world).length;
    const again = await uploadFile(world.deps, request(fakeSource(noise(20 * MIB)), 'b.bin'));
    assert.equal(again.bytesSent, 0);
    assert.equal(puts(world).length, before);
  });

  test('progress ends at the whole, though tries failed on the way', async () => {
    const world = fakeWorld();
    let failures = 0;
    world.transport.intercept = (sent) =>
      sent.method === 'PUT' && failures++ < 3 ? { status: 500 } : null;
    const seen: number[] = [];
    await uploadFile(world.deps, request(fakeSource(noise(20 * MIB))), {
      onProgress: ({ phase, bytes }) => {
        if (phase === 'sending') seen.push(bytes);
      },
    });
    assert.equal(seen.at(-1), 20 * MIB);
    assert.ok(seen.every((bytes) => bytes <= 20 * MIB));
  });

  test('asks again while the store assembles', async () => {
    const world = fakeWorld();
    world.server.assembling = 3;
    const { file } = await uploadFile(world.deps, request(fakeSource(noise(9 * MIB))));
    assert.equal(file.status, 'uploaded');
  });

  test('a list too long for the create call goes by itself', async () => {
    const world = fakeWorld();
    // Many tiny chunks stand for a large file.
    const bytes = noise(9 * MIB);
    const hasher = { hash: async () => tinyChunks(world, bytes) };
    const { file } = await uploadFile({ ...world.deps, hasher }, request(fakeSource(bytes)));
    assertSameBytes(stored(world, file.id), bytes);
    assert.equal(world.transport.log.filter((line) => /upload\/chunks$/.test(line)).length, 1);
  });
});

describe('a file that its transport reads by itself', () => {
  /** The ranges of a source that the uploader itself reads after hashing. */
  function watchReads(source: FakeSource, world: FakeWorld) {
    const { read } = source;
    const seen: number[] = [];
    source.read = (offset, length, options) => {
      if (world.transport.log.length > 0 && options?.into !== undefined) seen.push(length);
      return read(offset, length, options);
    };
    return seen;
  }

  test('goes up unread where the store pins parts whose hashes are known', async () => {
    const world = fakeWorld();
    const source = fakeFile(noise(20 * MIB));
    const hasher = await partHasher(world, source);
    const reads = watchReads(source, world);
    const { file } = await uploadFile({ ...world.deps, hasher }, request(source));
    assertSameBytes(stored(world, file.id), source.bytes);
    assert.deepEqual(reads, []);
  });

  test('is read and checked part by part where the store pins nothing', async () => {
    const world = fakeWorld();
    world.server.pins = false;
    const source = fakeFile(noise(20 * MIB));
    const hasher = await partHasher(world, source);
    const reads = watchReads(source, world);
    const { file } = await uploadFile({ ...world.deps, hasher }, request(source));
    assertSameBytes(stored(world, file.id), source.bytes);
    assert.equal(reads.length, 3);
  });

  for (const pins of [true, false]) {
    test(`and changes before it is sent, the store ${pins ? 'pinning' : 'pinning nothing'}`, async () => {
      const world = fakeWorld();
      world.server.pins = pins;
      const source = fakeFile(noise(20 * MIB));
      const hasher = await partHasher(world, source);
      world.transport.intercept = (sent) => {
        if (sent.url.endsWith('/upload/urls')) source.bytes = noise(20 * MIB, 'other');
        return null;
      };
      await assert.rejects(uploadFile({ ...world.deps, hasher }, request(source)), (error) =>
        isClientError(error, 'content-changed'),
      );
      assert.equal(world.server.files.size, 0);
    });
  }

  test('a try that failed is followed by one with checked bytes', async () => {
    const world = fakeWorld();
    const source = fakeFile(noise(20 * MIB));
    const hasher = await partHasher(world, source);
    const reads = watchReads(source, world);
    let failures = 0;
    world.transport.intercept = (sent) =>
      sent.method === 'PUT' && failures++ < 2 ? { status: 500 } : null;
    const { file } = await uploadFile({ ...world.deps, hasher }, request(source));
    assertSameBytes(stored(world, file.id), source.bytes);
    assert.equal(reads.length, 2);
  });
});

async function tinyChunks(world: FakeWorld, bytes: Uint8Array) {
  const sizes: number[] = [];
  const digests: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 2_000) {
    const piece = bytes.subarray(at, at + 2_000);
    sizes.push(piece.length);
    digests.push(await world.ambient.sha256(piece));
  }
  const records = packDigests(Buffer.concat(digests), sizes);
  const fingerprint = await fingerprintRecords(records, world.ambient);
  return { size: bytes.length, fingerprint, records };
}

describe('bad luck at the store', () => {
  test('503 is retried with growing pauses', async () => {
    const world = fakeWorld();
    let failures = 0;
    world.transport.intercept = (sent) =>
      sent.method === 'PUT' && failures++ < 4 ? { status: 503 } : null;
    const { file } = await uploadFile(world.deps, request(fakeSource(noise(100))));
    assert.equal(file.status, 'uploaded');
    assert.deepEqual(world.ambient.pauses, [125, 250, 500, 1_000]);
  });

  test('a store that stays away ends in store-busy, and the upload stays pending', async () => {
    const world = fakeWorld();
    world.transport.intercept = (sent) => (sent.method === 'PUT' ? { status: 503 } : null);
    await assert.rejects(uploadFile(world.deps, request(fakeSource(noise(9 * MIB)))), (error) =>
      isClientError(error, 'store-busy'),
    );
    world.transport.intercept = () => null;
    const { file } = await uploadFile(world.deps, request(fakeSource(noise(9 * MIB))));
    assert.equal(file.status, 'uploaded');
  });

  test('an expired URL is replaced at once', async () => {
    const world = fakeWorld();
    const refused = new Set<string>();
    world.transport.intercept = (sent) => {
      const { pathname } = new URL(sent.url);
      if (sent.method !== 'PUT' || refused.has(pathname)) return null;
      refused.add(pathname);
      return { status: 403 };
    };
    const { file } = await uploadFile(world.deps, request(fakeSource(noise(20 * MIB))));
    assertSameBytes(stored(world, file.id), noise(20 * MIB));
    assert.deepEqual(world.ambient.pauses, []);
  });

  test('a URL that is refused for ever is an error, not a loop', async () => {
    const world = fakeWorld();
    world.transport.intercept = (sent) => (sent.method === 'PUT' ? { status: 403 } : null);
    await assert.rejects(uploadFile(world.deps, request(fakeSource(noise(100)))), (error) =>
      isClientError(error, 'store-refused'),
    );
  });

  test('a connection that stalls or breaks is tried again', async () => {
    const world = fakeWorld();
    const faults = [new ClientError('stalled'), new ClientError('unreachable')];
    world.transport.intercept = (sent) => {
      const fault = sent.method === 'PUT' ? faults.pop() : undefined;
      if (fault !== undefined) throw fault;
      return null;
    };
    const { file } = await uploadFile(world.deps, request(fakeSource(noise(9 * MIB))));
    assert.equal(file.status, 'uploaded');
  });

  test('a lost answer to the only PUT: 412 means that it is there', async () => {
    const world = fakeWorld();
    let lost = false;
    world.transport.intercept = (sent) => {
      if (sent.method !== 'PUT' || lost) return null;
      lost = true;
      world.server.handle(sent);
      throw new ClientError('unreachable');
    };
    const { file } = await uploadFile(world.deps, request(fakeSource(noise(100))));
    assert.equal(file.status, 'uploaded');
  });

  test('parts that the store lost are sent again', async () => {
    const world = fakeWorld();
    let lost = false;
    world.transport.intercept = (sent) => {
      if (lost || !sent.url.endsWith('/complete')) return null;
      lost = true;
      for (const { upload } of world.server.files.values()) upload?.parts.delete(2);
      return null;
    };
    const { file, bytesSent } = await uploadFile(world.deps, request(fakeSource(noise(20 * MIB))));
    assertSameBytes(stored(world, file.id), noise(20 * MIB));
    assert.equal(bytesSent, 28 * MIB);
  });

  test('a refusal by the server is not retried', async () => {
    const world = fakeWorld();
    await assert.rejects(uploadFile(world.deps, request(fakeSource(noise(100)), 'a/b')), (error) =>
      isAppError(error, 'invalid-name'),
    );
    assert.deepEqual(world.ambient.pauses, []);
  });
});

describe('stopping and going on', () => {
  test('an abort keeps the parts; another process sends only the rest', async () => {
    const world = fakeWorld();
    const stop = new AbortController();
    world.transport.intercept = () => {
      if (puts(world).length === 3) stop.abort(new Error('power cut'));
      return null;
    };
    const bytes = noise(60 * MIB);
    await assert.rejects(
      uploadFile(world.deps, request(fakeSource(bytes)), { signal: stop.signal }),
      /power cut/,
    );
    world.transport.intercept = () => null;
    const before = puts(world).length;
    const { file, bytesSent } = await uploadFile(world.deps, request(fakeSource(bytes)));
    assert.ok(bytesSent < bytes.length);
    assert.ok(puts(world).length - before < 8);
    assertSameBytes(stored(world, file.id), bytes);
  });

  test('cancel deletes the pending upload', async () => {
    const world = fakeWorld();
    const control = createTransferControl();
    world.transport.intercept = () => {
      if (puts(world).length === 2) control.cancel();
      return null;
    };
    await assert.rejects(
      uploadFile(world.deps, request(fakeSource(noise(30 * MIB))), { control }),
      (error) => isClientError(error, 'cancelled'),
    );
    assert.equal(world.server.files.size, 0);
  });

  test('pause begins nothing new until resume', async () => {
    const world = fakeWorld();
    const control = createTransferControl();
    const paused = Promise.withResolvers<void>();
    world.transport.intercept = () => {
      if (puts(world).length === 1 && control.state === 'running') {
        control.pause();
        paused.resolve();
      }
      return null;
    };
    const upload = uploadFile(world.deps, request(fakeSource(noise(60 * MIB))), { control });
    await paused.promise;
    // What had begun ends; afterwards nothing moves.
    await new Promise((resolve) => setImmediate(resolve));
    world.transport.intercept = () => null;
    const standing = puts(world).length;
    assert.ok(standing < 8);
    control.resume();
    assert.equal((await upload).file.status, 'uploaded');
    assert.equal(puts(world).length, 8);
  });
});

describe('a file that changes meanwhile', () => {
  test('is never stored half old, half new', async () => {
    const world = fakeWorld();
    const source = fakeSource(noise(30 * MIB));
    world.transport.intercept = (sent) => {
      if (sent.url.endsWith('/files/presigned-url')) source.bytes = noise(30 * MIB, 'other');
      return null;
    };
    await assert.rejects(uploadFile(world.deps, request(source)), (error) =>
      isClientError(error, 'content-changed'),
    );
    assert.equal(world.server.files.size, 0);
  });

  test('a change seen by its identity alone counts too', async () => {
    const world = fakeWorld();
    const source = fakeSource(noise(9 * MIB));
    world.transport.intercept = (sent) => {
      if (sent.method === 'PUT') source.revision = 1;
      return null;
    };
    await assert.rejects(uploadFile(world.deps, request(source)), (error) =>
      isClientError(error, 'content-changed'),
    );
  });

  test('restarts when it may, and then holds the new content', async () => {
    const world = fakeWorld();
    const source = fakeSource(noise(30 * MIB));
    let changed = false;
    world.transport.intercept = (sent) => {
      if (sent.method === 'PUT' && !changed) {
        changed = true;
        source.bytes = noise(30 * MIB, 'other');
        source.revision++;
      }
      return null;
    };
    const { file } = await uploadFile(world.deps, request(source), { restarts: 2 });
    assertSameBytes(stored(world, file.id), noise(30 * MIB, 'other'));
  });

  test('an upload that was cancelled elsewhere says so', async () => {
    const world = fakeWorld();
    world.transport.intercept = (sent) => {
      if (sent.url.endsWith('/complete')) throw new AppError('upload-not-found');
      return null;
    };
    await assert.rejects(uploadFile(world.deps, request(fakeSource(noise(100)))), (error) =>
      isAppError(error, 'upload-not-found'),
    );
  });
});
