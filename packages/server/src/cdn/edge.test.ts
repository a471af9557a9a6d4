import assert from 'node:assert/strict';
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startTestStore, type TestStore } from '../storage/test-store.ts';
import type { SignedCdn } from './cdn-settings.ts';
import { createEdgeDownloadSigner } from './edge-download-signer.ts';
import { createEdgePurger } from './edge-purger.ts';
import { EDGE_SECRET, startTestEdge, type TestEdge } from './test-edge.ts';
import { withoutNginx } from './test-nginx.ts';
import { startTestOrigin, type TestOrigin } from './test-origin.ts';

const OLD_SECRET = 'what edges and servers shared before';
const MIME = 'application/x-test';
const now = () => new Date();

describe('the edge', { skip: withoutNginx }, () => {
  let store: TestStore;
  let origin: TestOrigin;
  let edge: TestEdge;
  before(async () => {
    store = await startTestStore();
    origin = await startTestOrigin(store.settings.endpoint);
    edge = await startTestEdge(
      { ...store.settings, endpoint: origin.url },
      { CDN_PREVIOUS_KEYS: `old:${OLD_SECRET}` },
    );
  });
  after(async () => {
    await edge.close();
    await origin.close();
    await store.close();
  });

  async function stored(size: number) {
    const key = `v1/abc/${randomUUID()}/0`;
    const body = randomBytes(size);
    const put = store.storage.uploads.putObject({ key, size, mimeType: MIME });
    const sent = await fetch(put.url, { method: put.method, headers: { ...put.headers }, body });
    assert.equal(sent.status, 200);
    const target = { key, name: 'a b.bin', mimeType: MIME, size };
    const sign = (cdn: Partial<SignedCdn> = {}, address?: string) =>
      createEdgeDownloadSigner({ ...edge.cdn, ...cdn }, now).sign({ ...target, address }).url;
    return { key, body, url: sign(), sign };
  }

  /** As it stands: no client tidies the target up. */
  function raw(target: string, options: RequestOptions = {}): Promise<number> {
    return new Promise((resolve, reject) => {
      const asked = httpRequest(
        { host: '127.0.0.1', port: edge.port, path: target, agent: false, ...options },
        (answer) => {
          answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
        },
      );
      asked.once('error', reject).end();
    });
  }

  test('refuses every link in which one character is another', async () => {
    const { url } = await stored(100);
    const target = url.slice(edge.cdn.url.length);
    assert.equal(await raw(target), 200);
    for (let at = 0; at < target.length; at += 1) {
      for (const other of ['0', 'f', '%', '/']) {
        if (target[at] === other) continue;
        const status = await raw(target.slice(0, at) + other + target.slice(at + 1));
        assert.ok(status >= 400 && status < 500, `${status} with ${other} at ${at} of ${target}`);
      }
    }
  });

  test('refuses other spellings of a path, and parameters added, doubled or reordered', async () => {
    const { url } = await stored(100);
    const target = url.slice(edge.cdn.url.length);
    const [path = '', query = ''] = target.split('?');
    const [first = '', ...others] = query.split('&');
    for (const one of [
      `/.${target}`,
      `/${target}`,
      `/x/..${target}`,
      target.replace('/v1/', '/v1/./'),
      target.replace('/v1/', '/v1//'),
      target.replace('/v1/', '/%76%31/'),
      target.replace('/v1/', '/v1%2f'),
      `${path}/?${query}`,
      `${path}%00?${query}`,
      `${target}&s=${'0'.repeat(64)}`,
      `${path}?x=1&${query}`,
      `${path}?${first}&${first}&${others.join('&')}`,
      `${path}?${others[0]}&${first}&${others.slice(1).join('&')}`,
      `${target}#x`,
      `/_gzip${target}`,
      `/_empty?${query}`,
    ]) {
      const status = await raw(one);
      assert.ok(status >= 400 && status < 500, `${status} for ${one}`);
    }
  });

  test('answers HEAD as GET, and nothing else', async () => {
    const { url } = await stored(5_000_000);
    const head = await fetch(url, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.headers.get('content-length'), '5000000');
    assert.equal(head.headers.get('content-type'), MIME);
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      assert.equal((await fetch(url, { method })).status, 405, method);
    }
  });

  test('serves a bound link to its address alone', async () => {
    const { sign } = await stored(100);
    const target = sign({ bindAddress: true }, '127.0.0.2').slice(edge.cdn.url.length);
    assert.equal(await raw(target, { localAddress: '127.0.0.2' }), 200);
    assert.equal(await raw(target, { localAddress: '127.0.0.1' }), 403);
    const headers = { 'x-forwarded-for': '127.0.0.2' };
    assert.equal(await raw(target, { localAddress: '127.0.0.1', headers }), 403);
  });

  test('takes links of the key before this one, and of no other', async () => {
    const { sign } = await stored(100);
    assert.equal((await fetch(sign({ keyId: 'old', key: OLD_SECRET }))).status, 200);
    assert.equal((await fetch(sign({ keyId: 'old', key: EDGE_SECRET }))).status, 403);
    assert.equal((await fetch(sign({ keyId: 'constructor', key: 'undefined' }))).status, 403);
  });

  test('asks the origin once however many read, and serves on without it', async () => {
    const { url, sign, body } = await stored(9_000_000);
    origin.requests = 0;
    const answers = await Promise.all(Array.from({ length: 8 }, () => fetch(sign())));
    for (const answer of answers) {
      assert.ok(Buffer.from(await answer.arrayBuffer()).equals(body));
    }
    assert.equal(origin.requests, 3, 'one for each slice');
    origin.fault = { kind: 'answers', status: 503 };
    const got = await fetch(url, { headers: { range: 'bytes=4000000-8999999' } });
    origin.fault = null;
    assert.ok(Buffer.from(await got.arrayBuffer()).equals(body.subarray(4_000_000)));
    assert.equal(origin.requests, 3);
  });

  for (const fault of [
    { kind: 'dies', after: 100_000 },
    { kind: 'dies later', answers: 1, after: 100_000 },
    { kind: 'promises', more: 1000 },
    { kind: 'shifts' },
    { kind: 'answers', status: 500 },
    { kind: 'answers', status: 404 },
  ] as const) {
    test(`keeps and serves nothing of an origin that ${Object.values(fault).join(' ')}`, async () => {
      const { url, body } = await stored(6_000_000);
      origin.fault = fault;
      const whole = await fetch(url)
        .then(async (answer) => answer.ok && Buffer.from(await answer.arrayBuffer()))
        .catch(() => false as const);
      origin.fault = null;
      assert.equal(whole, false, 'no such answer may look like the whole file');
      const got = await fetch(url);
      assert.ok(Buffer.from(await got.arrayBuffer()).equals(body));
    });
  }

  describe('of what is stored compressed', () => {
    const text = Buffer.from('a line like many others\n'.repeat(40_000));
    async function compressed() {
      const key = `v1/abc/${randomUUID()}/0`;
      const body = gzipSync(text, { level: 0 });
      const put = store.storage.uploads.putObject({
        key,
        size: body.length,
        mimeType: MIME,
        contentEncoding: 'gzip',
      });
      const sent = await fetch(put.url, { method: 'PUT', headers: { ...put.headers }, body });
      assert.equal(sent.status, 200);
      const target = { key, name: 'a.txt', mimeType: MIME, size: text.length };
      const signer = createEdgeDownloadSigner(edge.cdn, now);
      return { body, url: signer.sign({ ...target, contentEncoding: 'gzip' }).url };
    }
    const plain = (url: string, headers: Record<string, string> = {}) =>
      fetch(url, { headers: { 'accept-encoding': 'identity', ...headers } });

    test('gives each reader what it can read, from one request to the origin', async () => {
      const { url, body } = await compressed();
      origin.requests = 0;
      const decoded = await plain(url);
      assert.equal(decoded.headers.get('content-encoding'), null);
      assert.ok(Buffer.from(await decoded.arrayBuffer()).equals(text));
      const target = url.slice(edge.cdn.url.length);
      const asStored = await new Promise<Buffer>((resolve, reject) => {
        const options = { host: '127.0.0.1', port: edge.port, path: target };
        httpRequest({ ...options, headers: { 'accept-encoding': 'gzip' } }, async (answer) => {
          assert.equal(answer.headers['content-encoding'], 'gzip');
          resolve(Buffer.concat((await answer.toArray()) as Buffer[]));
        })
          .once('error', reject)
          .end();
      });
      assert.ok(asStored.equals(body));
      const ranged = await plain(url, { range: 'bytes=5-9' });
      assert.equal(ranged.status, 200, 'no range of it is to be had');
      assert.ok(Buffer.from(await ranged.arrayBuffer()).equals(text));
      assert.equal(origin.requests, 1);
    });

    test('refuses a link that says otherwise than it was signed', async () => {
      const { url } = await compressed();
      for (const one of [url.replace('&g=1', ''), url.replace('&g=1', '&g=1&g=1')]) {
        assert.notEqual(one, url);
        assert.equal((await fetch(one)).status, 403);
      }
      const { url: other } = await stored(100);
      assert.equal((await fetch(other.replace('&e=', '&g=1&e='))).status, 403);
    });

    for (const fault of [
      { kind: 'dies', after: 100_000 },
      { kind: 'promises', more: 1000 },
      { kind: 'answers', status: 500 },
    ] as const) {
      test(`keeps and serves nothing of an origin that ${Object.values(fault).join(' ')}`, async () => {
        const { url } = await compressed();
        origin.fault = fault;
        const whole = await plain(url)
          .then(async (answer) => answer.ok && Buffer.from(await answer.arrayBuffer()))
          .catch(() => false as const);
        origin.fault = null;
        assert.equal(whole, false, 'no such answer may look like the whole file');
        assert.ok(Buffer.from(await (await plain(url)).arrayBuffer()).equals(text));
      });
    }
  });

  test('forgets what is gone for good, when told by who holds the key', async () => {
    const { url, key, body } = await stored(9_000_000);
    await (await fetch(url)).arrayBuffer();
    origin.requests = 0;
    await (await fetch(url)).arrayBuffer();
    assert.equal(origin.requests, 0);
    const objects = [{ key, size: body.length }];
    const forged = createEdgePurger(
      { ...edge.cdn, key: 'a secret that no edge has ever seen!' },
      now,
    );
    await assert.rejects(forged.purge(objects), /403/);
    const late = createEdgePurger(edge.cdn, () => new Date(Date.now() - 3_600_000));
    await assert.rejects(late.purge(objects), /410/);
    await createEdgePurger(edge.cdn, now).purge(objects);
    await (await fetch(url)).arrayBuffer();
    assert.equal(origin.requests, 3);
  });

  test('refuses an order to forget that makes no sense', async () => {
    const body = '{"expires":9999999999,"objects":"all"}';
    const proof = createHmac('sha256', EDGE_SECRET).update(body).digest('hex');
    const answer = await fetch(`${edge.cdn.url}/_purge`, {
      method: 'POST',
      body,
      headers: { authorization: `HMAC main ${proof}` },
    });
    assert.equal(answer.status, 400);
  });
});
