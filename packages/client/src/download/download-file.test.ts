import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { packDigests } from '@valise/core/manifest';
import { ClientError, isClientError } from '../errors/client-error.ts';
import { assertSameBytes, type FakeSink, fakeSink, noise } from '../fakes/test-content.ts';
import { type FakeWorld, fakeWorld } from '../fakes/test-world.ts';
import { fingerprintRecords, hashBytes } from '../hashing/hash-bytes.ts';
import { createTransferControl } from '../transfer/transfer-control.ts';
import { downloadFile } from './download-file.ts';

const MIB = 1_048_576;

/** A world whose server holds one file of these bytes. */
async function worldWith(bytes: Uint8Array): Promise<FakeWorld & { readonly fileId: string }> {
  const world = fakeWorld();
  const { records, fingerprint } = await hashBytes(bytes, world.ambient);
  return { ...world, fileId: world.server.add(bytes, records, fingerprint).id };
}

function isStoreGet(request: { readonly method: string; readonly url: string }): boolean {
  return request.method === 'GET' && request.url.startsWith('https://store.test/');
}

/** Does something once the sink has taken so many writes. */
function afterWrites(sink: FakeSink, count: number, act: () => void): void {
  const write = sink.write;
  sink.write = async (offset, bytes) => {
    await write(offset, bytes);
    if (sink.written.length >= count) act();
  };
}

describe('downloading one file', () => {
  for (const size of [0, 1, 8 * MIB, 8 * MIB + 1, 30 * MIB + 7]) {
    test(`${size} bytes arrive verified`, async () => {
      const bytes = noise(size);
      const { deps, fileId } = await worldWith(bytes);
      const sink = fakeSink();
      const result = await downloadFile(deps, { fileId, sink });
      assertSameBytes(sink.target, bytes);
      assert.equal(result.verified, 'content');
      assert.equal(result.bytesReceived, size);
    });
  }

  test('a small file needs one call and one GET', async () => {
    const { deps, fileId, transport } = await worldWith(noise(5_000));
    await downloadFile(deps, { fileId, sink: fakeSink() });
    assert.equal(transport.log.length, 2);
  });

  test('a chunk list of more than one page is read to its end', async () => {
    const world = fakeWorld();
    const bytes = noise(9 * MIB);
    const sizes = Array.from({ length: 1_152 }, () => 8_192);
    const digests = sizes.map((size, at) =>
      world.ambient.sha256(bytes.subarray(at * size, (at + 1) * size)),
    );
    const records = packDigests(Buffer.concat(await Promise.all(digests)), sizes);
    const fingerprint = await fingerprintRecords(records, world.ambient);
    const sink = fakeSink();
    const { id } = world.server.add(bytes, records, fingerprint);
    const result = await downloadFile(world.deps, { fileId: id, sink });
    assert.equal(result.verified, 'content');
    assertSameBytes(sink.target, bytes);
  });

  for (const size of [1_000, 20 * MIB]) {
    test(`without a chunk list only the size of ${size} bytes is checked, and said so`, async () => {
      const world = fakeWorld();
      const { id } = world.server.add(noise(size), new Uint8Array(0), null);
      const sink = fakeSink();
      const result = await downloadFile(world.deps, { fileId: id, sink });
      assert.equal(result.verified, 'size-only');
      assertSameBytes(sink.target, noise(size));
    });
  }
});

describe('bad luck on the way', () => {
  test('an expired URL is replaced', async () => {
    for (const status of [403, 410]) {
      const { deps, fileId, transport } = await worldWith(noise(20 * MIB));
      const expired = new Set<string>();
      transport.intercept = (request) => {
        if (!isStoreGet(request) || expired.size > 0) return null;
        expired.add(request.url);
        return { status };
      };
      const sink = fakeSink();
      await downloadFile(deps, { fileId, sink });
      assertSameBytes(sink.target, noise(20 * MIB));
    }
  });

  test('a body that breaks off is asked for again', async () => {
    for (const size of [1_000, 20 * MIB]) {
      const { deps, fileId, transport, server } = await worldWith(noise(size));
      let broken = 0;
      transport.intercept = (request) => {
        if (!isStoreGet(request) || broken++ > 0) return null;
        return { ...server.handle(request), breaksWith: new ClientError('unreachable') };
      };
      const seen: number[] = [];
      const sink = fakeSink();
      await downloadFile(
        deps,
        { fileId, sink },
        { onProgress: ({ bytes }) => void seen.push(bytes) },
      );
      assertSameBytes(sink.target, noise(size));
      assert.equal(seen.at(-1), size);
    }
  });

  test('a body that ends early without an error is no success', async () => {
    const { deps, fileId, transport } = await worldWith(noise(1_000));
    transport.intercept = (request) =>
      isStoreGet(request) ? { status: 200, body: noise(1_000).subarray(0, 900) } : null;
    const sink = fakeSink();
    await assert.rejects(downloadFile(deps, { fileId, sink }), (error) =>
      isClientError(error, 'content-corrupt'),
    );
    assert.equal(sink.target, null);
  });

  for (const size of [1_000, 30 * MIB]) {
    test(`of ${size} bytes, something else that comes instead is asked for again, a few times`, async () => {
      const { deps, fileId, transport } = await worldWith(noise(size));
      let pages = 0;
      let most = 2;
      transport.intercept = (request) => {
        if (!isStoreGet(request) || pages === most) return null;
        pages++;
        return { status: 200, body: Buffer.from('<title>Welcome to the hotel</title>') };
      };
      const sink = fakeSink();
      await downloadFile(deps, { fileId, sink });
      assertSameBytes(sink.target, noise(size));
      [pages, most] = [0, Infinity];
      const other = fakeSink();
      await assert.rejects(downloadFile(deps, { fileId, sink: other }), (error) =>
        isClientError(error, 'content-corrupt'),
      );
      assert.ok(pages >= 4);
      assert.equal(other.target, null);
    });
  }

  test('a small file that comes damaged is fetched again, and counts once', async () => {
    const { deps, fileId, transport } = await worldWith(noise(1_000));
    let damaged = 0;
    transport.intercept = (request) => {
      if (!isStoreGet(request) || damaged === 3) return null;
      damaged++;
      return { status: 200, body: noise(1_000).fill(0, 500, 501) };
    };
    const sink = fakeSink();
    let last = 0;
    const onProgress = ({ bytes }: { readonly bytes: number }) => {
      last = bytes;
    };
    await downloadFile(deps, { fileId, sink }, { onProgress });
    assert.equal(damaged, 3);
    assertSameBytes(sink.target, noise(1_000));
    assert.equal(last, 1_000);
  });

  test('a damaged chunk is fetched again', async () => {
    const { deps, fileId, transport, server } = await worldWith(noise(30 * MIB));
    let damaged = 0;
    // The first answer is one byte off; later ones are right.
    transport.intercept = (request) => {
      if (!isStoreGet(request) || damaged++ > 0) return null;
      const answer = server.handle(request);
      assert.ok(answer.body instanceof Uint8Array);
      const body = answer.body.slice();
      body[12_345] = (body[12_345] ?? 0) ^ 1;
      return { ...answer, body };
    };
    const sink = fakeSink();
    const { bytesReceived } = await downloadFile(deps, { fileId, sink });
    assertSameBytes(sink.target, noise(30 * MIB));
    assert.equal(bytesReceived, 30 * MIB);
  });

  test('bytes that stay wrong are an error and never reach the target', async () => {
    for (const size of [1_000, 20 * MIB]) {
      const { deps, fileId, server } = await worldWith(noise(size));
      for (const file of server.files.values()) file.content = noise(size, 'other');
      const sink = fakeSink();
      await assert.rejects(downloadFile(deps, { fileId, sink }), (error) =>
        isClientError(error, 'content-corrupt'),
      );
      assert.equal(sink.target, null);
    }
  });

  test('a cache that ignores the range is found out', async () => {
    const { deps, fileId, transport } = await worldWith(noise(20 * MIB));
    transport.intercept = (request) =>
      isStoreGet(request) ? { status: 200, body: noise(20 * MIB) } : null;
    await assert.rejects(downloadFile(deps, { fileId, sink: fakeSink() }), (error) =>
      isClientError(error, 'content-corrupt'),
    );
  });

  test('a file that is replaced meanwhile comes in its new version', async () => {
    const { deps, fileId, transport, server, ambient } = await worldWith(noise(20 * MIB));
    const fresh = await hashBytes(noise(21 * MIB, 'new'), ambient);
    transport.intercept = (request) => {
      if (!isStoreGet(request) || !request.url.includes('version=1&')) return null;
      for (const entry of server.files.values()) {
        entry.content = noise(21 * MIB, 'new');
        entry.records = fresh.records;
        const { fingerprint, size } = fresh;
        entry.file = { ...entry.file, version: 2, fingerprint, size };
      }
      return { status: 403 };
    };
    const sink = fakeSink();
    const { file } = await downloadFile(deps, { fileId, sink });
    assert.equal(file.version, 2);
    assertSameBytes(sink.target, noise(21 * MIB, 'new'));
  });
});

describe('stopping and going on', () => {
  test('what an aborted attempt left is verified and kept', async () => {
    const { deps, fileId } = await worldWith(noise(60 * MIB));
    const stop = new AbortController();
    const sink = fakeSink();
    afterWrites(sink, 2, () => stop.abort(new Error('power cut')));
    await assert.rejects(
      downloadFile(deps, { fileId, sink }, { signal: stop.signal }),
      /power cut/,
    );
    // One of the kept bytes rotted on the disk.
    const [kept] = sink.written;
    assert.ok(sink.partial && kept);
    sink.partial[kept.offset] = (sink.partial[kept.offset] ?? 0) ^ 1;
    const { bytesReceived } = await downloadFile(deps, { fileId, sink });
    assert.ok(bytesReceived < 50 * MIB, `${bytesReceived}`);
    assertSameBytes(sink.target, noise(60 * MIB));
  });

  test('cancel leaves nothing', async () => {
    const { deps, fileId } = await worldWith(noise(60 * MIB));
    const control = createTransferControl();
    const sink = fakeSink();
    afterWrites(sink, 1, () => control.cancel());
    await assert.rejects(downloadFile(deps, { fileId, sink }, { control }), (error) =>
      isClientError(error, 'cancelled'),
    );
    assert.equal(sink.partial, null);
    assert.equal(sink.target, null);
  });
});
