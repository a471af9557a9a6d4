import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import fc from 'fast-check';
import { rawRequest } from '../raw-request.ts';
import { clientOf, startTestStore, type TestStore } from '../test-store.ts';

let store: TestStore;
before(async () => {
  store = await startTestStore();
});
after(() => store.close());

const presigned = (key: string, expiresIn = 60): Promise<string> =>
  getSignedUrl(store.client, new GetObjectCommand({ Bucket: 'valise', Key: key }), { expiresIn });

const codeOf = async (response: Response): Promise<string> =>
  /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1] ?? '';

const oddKeys = [
  'a',
  'sp ace/and  two',
  'ünï/日本/😀',
  '..',
  '../../etc/passwd',
  './a/./b',
  'a//b///',
  'a%2Fb',
  'a+b',
  'q?x=1&y=2#z',
  "!'()*~-_.",
  '$&,/:;=@[]{}|\\^`"<>',
  '%',
  ' ',
];

describe('signatures', () => {
  it('agree with the SDK for odd keys, in headers and in presigned URLs', async () => {
    for (const Key of oddKeys) {
      await store.client.send(new PutObjectCommand({ Bucket: 'valise', Key, Body: `<${Key}>` }));
    }
    for (const Key of oddKeys) {
      assert.equal((await rawRequest(await presigned(Key))).body.toString(), `<${Key}>`);
      const answer = await store.client.send(new GetObjectCommand({ Bucket: 'valise', Key }));
      assert.equal(await answer.Body?.transformToString(), `<${Key}>`);
    }
  });

  it('cover headers beyond ASCII as their sender wrote them, UTF-8 or Latin-1', async () => {
    const Metadata = { title: 'über «alles»' };
    const target = { Bucket: 'valise', Key: 'titled', Metadata };
    // Node writes headers as UTF-8 when a string is the body, else as Latin-1.
    for (const Body of ['text', Buffer.from('bytes')]) {
      await store.client.send(new PutObjectCommand({ ...target, Body }));
    }
  });

  it('agree with the SDK for any key and query', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    const key = text.filter((k) => !k.includes('\0') && !k.startsWith('/') && k.isWellFormed());
    const disposition = fc.string({ minLength: 1, maxLength: 20 }).filter((s) => s.trim() === s);
    await fc.assert(
      fc.asyncProperty(key, disposition, async (Key, ResponseContentDisposition) => {
        const target = { Bucket: 'valise', Key };
        await store.client.send(new PutObjectCommand({ ...target, Body: Key }));
        const command = new GetObjectCommand({ ...target, ResponseContentDisposition });
        const answer = await store.client.send(command);
        assert.equal(await answer.Body?.transformToString(), Key);
        assert.equal(answer.ContentDisposition, ResponseContentDisposition);
      }),
      { numRuns: 40 },
    );
  });

  it('are refused when anything was altered', async () => {
    await store.client.send(new PutObjectCommand({ Bucket: 'valise', Key: 'k', Body: 'x' }));
    const url = await presigned('k');
    const signature = /X-Amz-Signature=(\w)/.exec(url)?.[1] ?? '';
    const altered = {
      signature: url.replace(
        /X-Amz-Signature=\w/,
        `X-Amz-Signature=${signature === '0' ? '1' : '0'}`,
      ),
      lifetime: url.replace('X-Amz-Expires=60', 'X-Amz-Expires=61'),
      key: url.replace('/valise/k?', '/valise/j?'),
      slash: url.replace('/valise/k?', '/valise//k?'),
      query: `${url}&response-content-type=text/html`,
    };
    for (const [what, bad] of Object.entries(altered)) {
      const response = await fetch(bad);
      assert.deepEqual(
        [what, response.status, await codeOf(response)],
        [what, 403, 'SignatureDoesNotMatch'],
      );
    }
    const asPut = await fetch(url, { method: 'PUT', body: 'y' });
    assert.equal(await codeOf(asPut), 'SignatureDoesNotMatch');
    assert.equal(await (await fetch(url)).text(), 'x');
  });

  it('end with their lifetime', async () => {
    const signingDate = new Date(Date.now() - 61_000);
    const command = new GetObjectCommand({ Bucket: 'valise', Key: 'k' });
    const url = await getSignedUrl(store.client, command, { expiresIn: 60, signingDate });
    const response = await fetch(url);
    assert.equal(response.status, 403);
    assert.match(await response.text(), /AccessDenied.*Request has expired/);
  });

  it('may live a week, not longer, and not start in the future', async () => {
    const command = new GetObjectCommand({ Bucket: 'valise', Key: 'k' });
    const week = await getSignedUrl(store.client, command, { expiresIn: 604_800 });
    assert.equal((await fetch(week)).status, 200);
    const longer = await fetch(week.replace('X-Amz-Expires=604800', 'X-Amz-Expires=604801'));
    assert.equal(await codeOf(longer), 'AuthorizationQueryParametersError');
    const signingDate = new Date(Date.now() + 20 * 60_000);
    const future = await getSignedUrl(store.client, command, { signingDate });
    assert.match(await (await fetch(future)).text(), /not yet valid/);
  });

  it('do not cover headers that were added on the way', async () => {
    const command = new PutObjectCommand({ Bucket: 'valise', Key: 'meta', Body: 'x' });
    const url = await getSignedUrl(store.client, command);
    const response = await fetch(url, {
      method: 'PUT',
      body: 'x',
      headers: { 'x-amz-meta-a': 'b' },
    });
    assert.deepEqual([response.status, await codeOf(response)], [403, 'AccessDenied']);
  });

  it('of another clock, key or secret are refused', async () => {
    const head = new GetObjectCommand({ Bucket: 'valise', Key: 'k' });
    const skewed = clientOf(store.credentials, { systemClockOffset: 16 * 60_000 });
    await assert.rejects(skewed.send(head), { name: 'RequestTimeTooSkewed' });
    const stranger = clientOf({ ...store.credentials, accessKeyId: 'nobody' });
    await assert.rejects(stranger.send(head), { name: 'InvalidAccessKeyId' });
    const liar = clientOf({ ...store.credentials, secretAccessKey: 'wrong' });
    await assert.rejects(liar.send(head), { name: 'SignatureDoesNotMatch' });
    const anonymous = await fetch(`${store.credentials.endpoint}/valise/k`);
    assert.deepEqual([anonymous.status, await codeOf(anonymous)], [403, 'AccessDenied']);
    for (const client of [skewed, stranger, liar]) client.destroy();
  });

  it('of malformed requests are answered, never by a 5xx', async () => {
    const { endpoint } = store.credentials;
    const date = { 'x-amz-date': '20260101T000000Z', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    const headers = [
      '',
      'Basic eA==',
      'AWS4-HMAC-SHA256',
      'AWS4-HMAC-SHA256 x',
      'AWS4-HMAC-SHA256 Credential=a/b',
    ];
    for (const authorization of headers) {
      const response = await fetch(`${endpoint}/valise/k`, { headers: { ...date, authorization } });
      assert.ok(response.status >= 400 && response.status < 500, authorization);
    }
    for (const query of [
      'X-Amz-Algorithm=x',
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=-1',
      '%zz',
    ]) {
      const response = await fetch(`${endpoint}/valise/k?${query}`);
      assert.ok(response.status >= 400 && response.status < 500, query);
    }
  });

  it('of a HEAD request are checked like those of a GET', async () => {
    const head = await store.client.send(new HeadObjectCommand({ Bucket: 'valise', Key: 'k' }));
    assert.equal(head.ContentLength, 1);
  });
});
