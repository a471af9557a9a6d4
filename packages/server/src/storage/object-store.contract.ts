import assert from 'node:assert/strict';
import { hash, randomBytes, randomUUID } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { isAppError } from '@valise/core/errors';
import { createStoreDownloadSigner } from '../cdn/store-download-signer.ts';
import type { Storage } from './create-storage.ts';
import { hostedFetch } from './hosted-fetch.ts';
import { createHttpS3Caller } from './http-s3-caller.ts';
import type { StoredPart } from './object-store.ts';
import { doctorKeys, SELF_TEST_PREFIX } from './probe-keys.ts';
import { PROBE_LIFE_MS, removeOldProbes } from './remove-old-probes.ts';
import { createS3ObjectStore } from './s3-object-store.ts';
import { createUploadSigner } from './s3-upload-signer.ts';
import type { StoreAbilities } from './store-abilities.ts';
import type { InventoryUpload } from './store-inventory.ts';
import type { StoreSettings } from './store-settings.ts';
import type { SignedRequest } from './upload-signer.ts';

const MiB = 1024 * 1024;
const mimeType = 'text/x-contract';

/** What one store is known to do, so that a change of it is noticed. */
export interface KnownStore {
  readonly abilities: StoreAbilities;
  /** Whether a completion may leave out parts that are there. Ceph 16 answers 400 to it. */
  readonly completesSomeParts: boolean;
  /** Whether browsers on other origins may use its URLs. Ceph 16 refuses those of a session. */
  readonly answersPreflights: boolean;
}

export interface ConnectedStore {
  readonly storage: Storage;
  /** With an endpoint on this machine; the store must know itself as `localhost`, too. */
  readonly settings: StoreSettings;
}

/** What every store must do for the server, and what this one is known to do beyond. */
export function objectStoreContract(
  connect: () => Promise<ConnectedStore>,
  known: KnownStore,
): void {
  describe('the object store port', () => {
    let storage: Storage;
    let settings: StoreSettings;
    before(async () => {
      ({ storage, settings } = await connect());
    });

    test('its abilities are those known', () => {
      assert.deepEqual(storage.abilities, known.abilities);
    });

    objects(() => storage);
    inventory(() => storage);
    multipart(() => storage, known);
    uploadUrls(() => storage, known);
    downloadUrls(() => storage);
    virtualHosts(() => settings);
    missingBucket(() => settings);
  });
}

function objects(storage: () => Storage): void {
  test('objects are made, found, listed page by page and removed; absence is a value', async () => {
    const { store } = storage();
    const prefix = `v1/list/${randomUUID()}`;
    const odd = ['plain', 'a b+c%2F&<>"\'', 'ünïcödé-🎉', '007'];
    const keys = odd.map((name) => `${prefix}/${name}`);
    for (const key of keys) assert.equal((await store.createEmpty(key)).size, 0);
    const listed = await store.list(prefix);
    assert.deepEqual(listed.map((object) => object.key).sort(), keys.toSorted());
    for (const object of listed) assert.deepEqual(await store.head(object.key), object);
    await store.remove([...keys, `${prefix}/never-there`]);
    assert.deepEqual(await store.list(prefix), []);
    assert.equal(await store.head(keys[0] ?? ''), null);
    await store.remove(keys);
    await store.ping();
  });

  test('listings and removals beyond a thousand', async () => {
    const { store } = storage();
    const prefix = `v1/many/${randomUUID()}`;
    const keys = Array.from({ length: 1_003 }, (_, n) => `${prefix}/${n}`);
    const queue = keys.values();
    const work = async () => {
      for (const key of queue) await store.createEmpty(key);
    };
    await Promise.all(Array.from({ length: 16 }, work));
    assert.equal((await store.list(prefix)).length, keys.length);
    await store.remove(keys);
    assert.equal((await store.list(prefix)).length, 0);
  });
}

function inventory(storage: () => Storage): void {
  test('the inventory tells all objects in order, and all unfinished uploads', async () => {
    const { store, inventory } = storage();
    const prefix = `v1/inventory/${randomUUID()}/`;
    const keys = Array.from({ length: 1_005 }, (_, n) => `${prefix}${n}`);
    const queue = keys.values();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const key of queue) await store.createEmpty(key);
      }),
    );
    const begun = await Promise.all(
      ['a', 'a', 'b'].map(async (name) => ({
        key: `${prefix}${name}`,
        storeUploadId: await store.createMultipart(`${prefix}${name}`, { mimeType }),
      })),
    );
    const listed: string[] = [];
    for await (const page of inventory.objects(prefix)) {
      for (const { key, size, modifiedAt } of page) {
        listed.push(key);
        assert.equal(size, 0);
        assert.ok(Math.abs(Date.now() - modifiedAt.getTime()) < 600_000);
      }
    }
    assert.deepEqual(listed, keys.toSorted());
    const uploads: InventoryUpload[] = [];
    for await (const page of inventory.uploads(prefix)) uploads.push(...page);
    assert.deepEqual(
      uploads.map(({ key, storeUploadId }) => `${key} ${storeUploadId}`).sort(),
      begun.map(({ key, storeUploadId }) => `${key} ${storeUploadId}`).sort(),
    );
    for (const { begunAt } of uploads) {
      assert.ok(Math.abs(Date.now() - begunAt.getTime()) < 600_000);
    }
    await store.remove(keys);
    for (const { key, storeUploadId } of begun) await store.abortMultipart(key, storeUploadId);
  });

  test('what killed self-tests and doctors left goes an hour later, and nothing else', async () => {
    const { store, inventory } = storage();
    const probes = [`${SELF_TEST_PREFIX}${randomUUID()}/small`, doctorKeys()(3)];
    const content = `v1/d0c/${randomUUID()}/0`;
    for (const key of [...probes, content]) await store.createEmpty(key);
    const target = `${SELF_TEST_PREFIX}${randomUUID()}/target`;
    await store.createMultipart(target, { mimeType });
    const there = async () => {
      const heads = await Promise.all([...probes, content].map((key) => store.head(key)));
      return [heads.filter((head) => head !== null).length, await store.listMultiparts(target)];
    };
    await removeOldProbes(store, inventory, new Date());
    const [objects, [begun]] = (await there()) as [number, string[]];
    assert.deepEqual([objects, begun !== undefined], [3, true]);
    await removeOldProbes(store, inventory, new Date(Date.now() + 2 * PROBE_LIFE_MS));
    assert.deepEqual(await there(), [1, []]);
    await store.remove([content]);
  });
}

function multipart(storage: () => Storage, known: KnownStore): void {
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
    const uploadId = await store.createMultipart(key, { mimeType });
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
    const beside = await store.createMultipart(`${key}0`, { mimeType });
    const again = await store.createMultipart(key, { mimeType });
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
    const url = uploads.putObject({ key: source, size: body.length, sha256, mimeType });
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
    const { url: made } = downloads.sign({ key, name: 'n', mimeType, size: 1 });
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

function uploadUrls(storage: () => Storage, known: KnownStore): void {
  const target = (body: Uint8Array) => ({
    key: `v1/url/${randomUUID()}`,
    size: body.length,
    sha256: hash('sha256', body),
    mimeType,
  });

  test('a URL takes its bytes once, and no other length, bytes, key or method', async () => {
    const { store, uploads } = storage();
    const body = randomBytes(1_000);
    const place = target(body);
    const request = uploads.putObject(place);
    const refusals: [what: string, altered: SignedRequest, bytes: Uint8Array][] = [
      ['shorter', request, body.subarray(1)],
      ['longer', request, Buffer.concat([body, body])],
      ['another key', { ...request, url: request.url.replace('v1/url', 'v1/lru') }, body],
      ['without its conditions', { ...request, headers: {} }, body],
      [
        'later expiry',
        { ...request, url: request.url.replace('Expires=900', 'Expires=901') },
        body,
      ],
    ];
    if (storage().abilities.pinning !== 'none') {
      refusals.push(['other bytes', request, randomBytes(1_000)]);
    }
    for (const [what, altered, bytes] of refusals) {
      const status = await send(altered, bytes);
      assert.ok(status >= 400 && status < 500, `${what}: ${status}`);
      assert.equal(await store.head(place.key), null, what);
    }
    const got = await hostedFetch(request.url);
    assert.ok(got.status >= 400 && got.status < 500, 'its signature reads nothing');
    assert.equal(await send(request, body), 200);
    assert.equal((await store.head(place.key))?.size, 1_000);
    assert.equal(await send(request, body), 412);
    await store.remove([place.key]);
  });

  test('browsers may send it from any page', async () => {
    const { uploads } = storage();
    const { url, headers } = uploads.putObject(target(randomBytes(9)));
    const answer = await hostedFetch(url, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://files.example.org',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': Object.keys(headers).sort().join(','),
      },
    });
    assert.equal(answer.ok, known.answersPreflights, `${answer.status}`);
    if (!known.answersPreflights) return;
    const origin = answer.headers.get('access-control-allow-origin');
    assert.ok(origin === '*' || origin === 'https://files.example.org');
    assert.match(answer.headers.get('access-control-allow-methods') ?? '', /PUT/);
  });
}

function downloadUrls(storage: () => Storage): void {
  test('a download URL serves ranges under the name it was made for, and writes nothing', async () => {
    const { store, uploads, downloads } = storage();
    const body = randomBytes(2_000);
    const key = `v1/down/${randomUUID()}`;
    const sha256 = hash('sha256', body);
    assert.equal(await send(uploads.putObject({ key, size: 2_000, sha256, mimeType }), body), 200);
    const { url } = downloads.sign({
      key,
      name: 'naïve "plan".txt',
      mimeType: 'text/plain',
      size: 1,
    });
    const whole = await hostedFetch(url);
    assert.equal(whole.status, 200);
    assert.ok(Buffer.from(await whole.arrayBuffer()).equals(body));
    assert.equal(whole.headers.get('content-type'), 'text/plain');
    assert.match(whole.headers.get('content-disposition') ?? '', /^attachment; .*na%C3%AFve/);
    const ranged = await hostedFetch(url, { headers: { range: 'bytes=10-19' } });
    assert.equal(ranged.status, 206);
    assert.equal(ranged.headers.get('content-range'), 'bytes 10-19/2000');
    assert.ok(Buffer.from(await ranged.arrayBuffer()).equals(body.subarray(10, 20)));
    assert.equal((await hostedFetch(url, { headers: { range: 'bytes=2000-' } })).status, 416);
    for (const method of ['PUT', 'DELETE']) {
      assert.ok((await hostedFetch(url, { method })).status >= 400);
    }
    assert.equal((await hostedFetch(url.replace('plan', 'plot'))).status, 403);
    await store.remove([key]);
    assert.equal((await hostedFetch(url)).status, 404);
  });
}

function virtualHosts(settings: () => StoreSettings): void {
  test('buckets in the host name are signed as the store reads them', async () => {
    const { port } = new URL(settings().endpoint);
    const endpoint = `http://localhost:${port}`;
    const hosted = { ...settings(), endpoint, publicEndpoint: endpoint, forcePathStyle: false };
    const now = () => new Date();
    const key = `v1/host/${randomUUID()}`;
    const body = randomBytes(500);
    const signer = createUploadSigner(hosted, { pinning: 'none', now });
    const put = signer.putObject({ key, size: body.length, mimeType });
    assert.equal(new URL(put.url).host, `${hosted.bucket}.localhost:${port}`);
    assert.equal(await send(put, body), 200);
    const { url } = createStoreDownloadSigner(hosted, now).sign({
      key,
      name: 'n',
      mimeType,
      size: 500,
    });
    const got = await hostedFetch(url);
    assert.equal(got.status, 200);
    assert.ok(Buffer.from(await got.arrayBuffer()).equals(body));
  });
}

function missingBucket(settings: () => StoreSettings): void {
  test('a bucket that is missing is an error, not an upload or object that is gone', async () => {
    const elsewhere = { ...settings(), bucket: `missing-${randomUUID()}` };
    const caller = createHttpS3Caller(elsewhere, () => new Date());
    const store = createS3ObjectStore(caller, elsewhere);
    const part = { partNumber: 1, size: 100, etag: '0'.repeat(32) };
    const list = { parts: [part], size: 100 };
    await assert.rejects(store.head('k'), refused);
    await assert.rejects(store.listParts('k', 'u'), refused);
    await assert.rejects(store.completeMultipart('k', 'u', list), refused);
    caller.close();
  });
}

const refused = (error: unknown) => isAppError(error, 'store-unavailable');

/** The store's status. A connection that the store cuts in the middle of a body is a refusal, too. */
async function send(request: SignedRequest, body: Uint8Array): Promise<number> {
  const { method, headers } = request;
  const answer = await hostedFetch(request.url, { method, headers, body: Buffer.from(body) });
  await answer.arrayBuffer();
  return answer.status;
}
