import assert from 'node:assert/strict';
import { hash, randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createStoreDownloadSigner } from '../cdn/store-download-signer.ts';
import { CONTRACT_TYPE, type KnownStore, send } from './contract-tools.ts';
import type { Storage } from './create-storage.ts';
import { hostedFetch } from './hosted-fetch.ts';
import { createUploadSigner } from './s3-upload-signer.ts';
import type { StoreSettings } from './store-settings.ts';
import type { SignedRequest } from './upload-signer.ts';

/** Presigned PUTs, right and wrong ones. */
export function uploadUrlContract(storage: () => Storage, known: KnownStore): void {
  const target = (body: Uint8Array) => ({
    key: `v1/url/${randomUUID()}`,
    size: body.length,
    sha256: hash('sha256', body),
    mimeType: CONTRACT_TYPE,
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

/** Presigned GETs. */
export function downloadUrlContract(storage: () => Storage): void {
  test('a download URL serves ranges under the name it was made for, and writes nothing', async () => {
    const { store, uploads, downloads } = storage();
    const body = randomBytes(2_000);
    const key = `v1/down/${randomUUID()}`;
    const sha256 = hash('sha256', body);
    assert.equal(
      await send(uploads.putObject({ key, size: 2_000, sha256, mimeType: CONTRACT_TYPE }), body),
      200,
    );
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

/** Either of them with the bucket in the host name. */
export function virtualHostContract(settings: () => StoreSettings): void {
  test('buckets in the host name are signed as the store reads them', async () => {
    const { port } = new URL(settings().endpoint);
    const endpoint = `http://localhost:${port}`;
    const hosted = { ...settings(), endpoint, publicEndpoint: endpoint, forcePathStyle: false };
    const now = () => new Date();
    const key = `v1/host/${randomUUID()}`;
    const body = randomBytes(500);
    const signer = createUploadSigner(hosted, { pinning: 'none', now });
    const put = signer.putObject({ key, size: body.length, mimeType: CONTRACT_TYPE });
    assert.equal(new URL(put.url).host, `${hosted.bucket}.localhost:${port}`);
    assert.equal(await send(put, body), 200);
    const { url } = createStoreDownloadSigner(hosted, now).sign({
      key,
      name: 'n',
      mimeType: CONTRACT_TYPE,
      size: 500,
    });
    const got = await hostedFetch(url);
    assert.equal(got.status, 200);
    assert.ok(Buffer.from(await got.arrayBuffer()).equals(body));
  });
}
