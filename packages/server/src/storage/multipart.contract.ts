import assert from 'node:assert/strict';
import { hash, randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { CONTRACT_TYPE, type KnownStore, refused, send } from './contract-tools.ts';
import type { Storage } from './create-storage.ts';
import { hostedFetch } from './hosted-fetch.ts';
import type { StoredPart } from './object-store.ts';

const MiB = 1024 * 1024;

/** Objects in parts: sent, listed, completed, copied, given up. */
export function multipartContract(storage: () => Storage, known: KnownStore): void {
  const sendPart = (key: string, storeUploadId: string, partNumber: number, body: Uint8Array) => {
    const sha256 = hash('sha256', body);
    const { uploads } = storage();
    return send(
      uploads.putPart({ key, storeUploadId, partNumber, size: body.length, sha256 }),
      body,
    );
  };
  async function begin(...sizes: readonly number[]) {
    const { store } = storage();
    const key = `v1/parts/${randomUUID()}`;
    const uploadId = await store.createMultipart(key, { mimeType: CONTRACT_TYPE });
    for (const [n, size] of sizes.entries()) {
      assert.equal(await sendPart(key, uploadId, n + 1, randomBytes(size)), 200);
    }
    return { store, key, uploadId };
  }
  const sum = (parts: readonly StoredPart[]) => parts.reduce((total, part) => total + part.size, 0);

  test('parts are listed with their sizes and become one object; a repeat answers the same', async () => {
    const { store, key, uploadId } = await begin(5 * MiB, 5 * MiB, 9);
    const parts = await store.listParts(key, uploadId);
    assert.ok(parts !== null);
    assert.deepEqual(
      parts.map((part) => [part.partNumber, part.size]),
      [
        [1, 5 * MiB],
        [2, 5 * MiB],
        [3, 9],
      ],
    );
    const some = await store.listParts(key, uploadId, { from: 2, to: 2 });
    assert.deepEqual(some, [parts[1]]);
    assert.equal(await store.head(key), null, 'nothing there before its time');
    const made = await store.completeMultipart(key, uploadId, { parts, size: sum(parts) });
    assert.deepEqual(made, await store.head(key));
    assert.equal(made?.size, 10 * MiB + 9);
    const again = await store.completeMultipart(key, uploadId, { parts, size: sum(parts) });
    assert.deepEqual(again, made);
    await store.abortMultipart(key, uploadId);
    assert.deepEqual(await store.head(key), made, 'an abort too late changes nothing');
    await store.remove([key]);
  });

  test('what is begun at a key and not ended is listed, and nothing of longer keys', async () => {
    const { store, key, uploadId } = await begin(100);
    const beside = await store.createMultipart(`${key}0`, { mimeType: CONTRACT_TYPE });
    const again = await store.createMultipart(key, { mimeType: CONTRACT_TYPE });
    assert.deepEqual((await store.listMultiparts(key)).toSorted(), [uploadId, again].toSorted());
    await store.abortMultipart(key, again);
    assert.deepEqual(await store.listMultiparts(key), [uploadId]);
    await store.abortMultipart(key, uploadId);
    assert.deepEqual(await store.listMultiparts(key), []);
    await store.abortMultipart(`${key}0`, beside);
  });

  test('uploads end by abort; unknown ones are null, not errors', async () => {
    const { store, key, uploadId } = await begin(100);
    await store.abortMultipart(key, uploadId);
    await store.abortMultipart(key, uploadId);
    assert.equal(await store.listParts(key, uploadId), null);
    const parts = [{ partNumber: 1, size: 100, etag: '0'.repeat(32) }];
    assert.equal(await store.completeMultipart(key, uploadId, { parts, size: 100 }), null);
  });

  test('a part that is not what was listed, or too small, makes no object', async () => {
    const { store, key, uploadId } = await begin(5 * MiB, 9);
    const parts = (await store.listParts(key, uploadId)) ?? [];
    const forged = parts.map((part) => ({ ...part, etag: '0'.repeat(32) }));
    await assert.rejects(
      store.completeMultipart(key, uploadId, { parts: forged, size: 1 }),
      refused,
    );
    assert.equal(await sendPart(key, uploadId, 1, randomBytes(10)), 200);
    const small = (await store.listParts(key, uploadId)) ?? [];
    await assert.rejects(
      store.completeMultipart(key, uploadId, { parts: small, size: 1 }),
      refused,
    );
    assert.equal(await store.head(key), null);
    await store.abortMultipart(key, uploadId);
  });

  test('completing some of the parts', async () => {
    const { store, key, uploadId } = await begin(5 * MiB, 9);
    const parts = ((await store.listParts(key, uploadId)) ?? []).slice(0, 1);
    const completion = store.completeMultipart(key, uploadId, { parts, size: 5 * MiB });
    if (known.completesSomeParts) assert.equal((await completion)?.size, 5 * MiB);
    else await assert.rejects(completion, refused);
    await store.abortMultipart(key, uploadId);
    await store.remove([key]);
  });

  test('ranges of objects become parts', { skip: known.abilities.composing === null }, async () => {
    const { store, uploads, downloads } = storage();
    const source = `v1/source/${randomUUID()}`;
    const body = randomBytes(6 * MiB);
    const sha256 = hash('sha256', body);
    const url = uploads.putObject({
      key: source,
      size: body.length,
      sha256,
      mimeType: CONTRACT_TYPE,
    });
    assert.equal(await send(url, body), 200);
    const { key, uploadId } = await begin();
    const from = 77;
    const first = await store.copyPart(key, uploadId, {
      partNumber: 1,
      source,
      from,
      size: 5 * MiB,
    });
    const last = await store.copyPart(key, uploadId, { partNumber: 2, source, from: 3, size: 11 });
    const parts = [first, last].filter((part) => part !== null);
    assert.equal(parts.length, 2);
    assert.deepEqual(await store.listParts(key, uploadId), parts);
    await store.completeMultipart(key, uploadId, { parts, size: sum(parts) });
    const { url: made } = downloads.sign({ key, name: 'n', mimeType: CONTRACT_TYPE, size: 1 });
    const bytes = Buffer.from(await (await hostedFetch(made)).arrayBuffer());
    const expected = Buffer.concat([body.subarray(from, from + 5 * MiB), body.subarray(3, 14)]);
    assert.ok(bytes.equals(expected));
    await store.remove([key]);
    const other = await begin();
    const range = { partNumber: 1, source, from, size: 5 };
    const copy = (upload: string, change: Partial<typeof range>) =>
      store.copyPart(other.key, upload, { ...range, ...change });
    assert.equal(await copy(other.uploadId, { source: `${source}-not` }), null);
    assert.equal(await copy(other.uploadId, { from: body.length }), null);
    assert.equal(await copy(uploadId, {}), null, 'an upload that has ended');
    await store.abortMultipart(other.key, other.uploadId);
    await store.remove([source]);
  });
}
