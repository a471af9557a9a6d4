import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { startTestStore, type TestStore } from '../storage/test-store.ts';
import { batchPrefix } from '../uploads/object-keys.ts';
import { createCloudfrontDownloadCookies } from './cloudfront-download-cookies.ts';
import { startTestCloudfront } from './test-cloudfront.ts';
import { withoutNginx } from './test-nginx.ts';

const mimeType = 'text/html';
const now = () => new Date();

describe('cookies of CloudFront', { skip: withoutNginx }, () => {
  let store: TestStore;
  let front: Awaited<ReturnType<typeof startTestCloudfront>>;
  before(async () => {
    store = await startTestStore();
    front = await startTestCloudfront(store.settings);
  });
  after(async () => {
    await front.close();
    await store.close();
  });

  const cookiesAt = (at: () => Date, bindAddress = false) =>
    createCloudfrontDownloadCookies({ ...front.cdn, bindAddress, cookieDomain: 'example.org' }, at);

  async function storedBatch(count: number) {
    const prefix = `v1/abc/${randomUUID()}/`;
    const contents = Array.from({ length: count }, () => randomBytes(1_000));
    for (const [n, body] of contents.entries()) {
      const key = `${prefix}00${n}`;
      const put = store.storage.uploads.putObject({ key, size: body.length, mimeType });
      const headers = { ...put.headers };
      assert.equal((await fetch(put.url, { method: 'PUT', headers, body })).status, 200);
    }
    return { prefix, contents };
  }

  /** What a browser sends of them to the paths that they are for. */
  const sent = (headers: readonly string[]) =>
    headers.map((header) => header.slice(0, header.indexOf(';'))).join('; ');

  const read = (target: string, cookie: string) =>
    fetch(`${front.cdn.url}/${target}`, { headers: { cookie } });

  /** No client tidies the target up. */
  function rawStatus(path: string, cookie: string, localAddress = '127.0.0.1'): Promise<number> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: front.port, path, localAddress, agent: false };
      httpRequest({ ...options, headers: { cookie } }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
      })
        .once('error', reject)
        .end();
    });
  }

  test('open every object of their batch, to be saved, by one signature', async () => {
    const { prefix, contents } = await storedBatch(3);
    const cookies = cookiesAt(now);
    const { headers, expiresAt } = cookies.sign(prefix, {});
    assert.equal(headers.length, 3);
    assert.ok(Math.abs(expiresAt.getTime() - Date.now() - 300_000) < 1_500);
    for (const [n, content] of contents.entries()) {
      const key = `${prefix}00${n}`;
      assert.equal(batchPrefix(key), prefix);
      assert.ok(cookies.covers(key));
      const got = await fetch(cookies.urlOf(key), { headers: { cookie: sent(headers) } });
      assert.equal(got.status, 200);
      assert.match(got.headers.get('content-disposition') ?? '', /^attachment/);
      assert.ok(Buffer.from(await got.arrayBuffer()).equals(content));
    }
    assert.equal((await fetch(cookies.urlOf(`${prefix}000`))).status, 403, 'without them');
  });

  test('go encrypted to that folder of their domain alone, out of scripts’ and strangers’ reach', () => {
    const { headers } = cookiesAt(now).sign('v1/abc/0-1/', {});
    assert.deepEqual(headers.map((header) => header.slice(0, header.indexOf('='))).sort(), [
      'CloudFront-Key-Pair-Id',
      'CloudFront-Policy',
      'CloudFront-Signature',
    ]);
    for (const header of headers) {
      assert.match(
        header,
        /^[\w-]+=[\w~-]+; Domain=example\.org; Path=\/v1\/abc\/0-1; Max-Age=300; Secure; HttpOnly; SameSite=Strict$/,
      );
    }
  });

  test('open nothing else: no other batch, no other name or type, no folder around them', async () => {
    const mine = await storedBatch(1);
    const other = await storedBatch(1);
    const cookie = sent(cookiesAt(now).sign(mine.prefix, {}).headers);
    const path = `/${mine.prefix}000`;
    assert.equal(await rawStatus(path, cookie), 200);
    for (const one of [
      `/${other.prefix}000`,
      `${path}?response-content-type=text%2Fhtml`,
      `${path}?`,
      `/${mine.prefix}../${other.prefix.split('/')[2]}/000`,
      `/${mine.prefix}../../../${other.prefix}000`,
      `/${mine.prefix}..%2f..%2f..%2f${other.prefix}000`,
      `/${mine.prefix}/000`,
      `/${mine.prefix}0`,
      `/${mine.prefix}0000`,
      `/${mine.prefix.replace('/v1/', '/v1//')}/000`,
    ]) {
      assert.equal(await rawStatus(one, cookie), 403, one);
    }
    for (const nothing of ['...', '../', '?a=', '999']) {
      assert.equal(await rawStatus(`/${mine.prefix}${nothing}`, cookie), 404, nothing);
    }
  });

  test('end with their time, and with a changed letter', async () => {
    const { prefix } = await storedBatch(1);
    const key = `${prefix}000`;
    const late = cookiesAt(() => new Date(Date.now() - 302_000)).sign(prefix, {});
    assert.equal((await read(key, sent(late.headers))).status, 403);
    const { headers } = cookiesAt(now).sign(prefix, {});
    const good = sent(headers);
    const policy = /CloudFront-Policy=([^;]+)/.exec(good)?.[1] ?? '';
    const text = Buffer.from(
      policy.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'),
      'base64',
    ).toString();
    assert.match(text, /\?\?\?/);
    const wider = Buffer.from(text.replace('???', '*')).toString('base64');
    const forged = wider.replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~');
    assert.equal((await read(key, good.replace(policy, forged))).status, 403);
    const signature = good.replace(/(CloudFront-Signature=)(.)/, (_all, name, first) => {
      return `${name}${first === 'A' ? 'B' : 'A'}`;
    });
    assert.equal((await read(key, signature)).status, 403);
    assert.equal((await read(key, good)).status, 200);
  });

  test('are for one address where links are', async () => {
    const { prefix } = await storedBatch(1);
    const bound = cookiesAt(now, true).sign(prefix, { address: '127.0.0.2' });
    const path = `/${prefix}000`;
    assert.equal(await rawStatus(path, sent(bound.headers), '127.0.0.2'), 200);
    assert.equal(await rawStatus(path, sent(bound.headers), '127.0.0.1'), 403);
  });
});
