import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createTestApp, type TestApp } from '../test-app.ts';

describe('the web app’s files', () => {
  let t: TestApp;
  before(async () => {
    t = await createTestApp();
  });
  after(() => t.close());

  test('every view is the one page, with a nonce of its own and nothing inline', async () => {
    const nonces = new Set<string>();
    for (const url of ['/', '/folder/0192', '/trash', '/shared', '/shared/by-me', '/sign-in']) {
      const page = await t.app.inject(url);
      assert.equal(page.statusCode, 200, url);
      assert.equal(page.headers['cache-control'], 'no-cache');
      const policy = String(page.headers['content-security-policy']);
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
      assert.ok(page.body.includes(`content="${nonce}"`), page.body);
      assert.ok(!policy.includes('unsafe'), policy);
      assert.match(policy, /script-src 'self';/);
      assert.match(policy, /connect-src 'self' https:\/\/store\.example;/);
      nonces.add(nonce);
    }
    assert.equal(nonces.size, 6);
  });

  test('an address that leads nowhere is a page to people, a problem to programs', async () => {
    const accept = 'text/html,application/xhtml+xml,*/*;q=0.8';
    // A browser tells where it goes over HTTPS and on its own machine alone.
    for (const way of [{ 'sec-fetch-mode': 'navigate' }, { 'upgrade-insecure-requests': '1' }]) {
      const shown = await t.app.inject({ url: '/nowhere', headers: { accept, ...way } });
      assert.deepEqual([shown.statusCode, shown.headers['cache-control']], [404, 'no-cache']);
      assert.match(String(shown.headers['content-type']), /^text\/html/);
      assert.match(String(shown.headers['content-security-policy']), /'nonce-/);
    }
    const ofJava = 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2';
    const headers = { accept, 'sec-fetch-mode': 'navigate' };
    for (const request of [
      { url: '/nowhere' },
      { url: '/nowhere', headers: { accept: '*/*' } },
      { url: '/nowhere', headers: { accept: ofJava } },
      { url: '/nowhere', headers: { accept, 'sec-fetch-mode': 'cors' } },
      { url: '/nowhere', headers, method: 'POST' as const },
    ]) {
      const told = await t.app.inject(request);
      assert.equal(told.statusCode, 404);
      assert.equal(told.json().code, 'not-found');
    }
  });

  test('hashed files are kept for ever, others are asked for again', async () => {
    const hashed = await t.app.inject('/assets/index-Ab12-_xy.js');
    assert.match(String(hashed.headers['cache-control']), /immutable/);
    const policy = String(hashed.headers['content-security-policy']);
    assert.match(policy, /script-src 'self' 'wasm-unsafe-eval';/, 'workers chunk files');
    const plain = await t.app.inject('/theme.js');
    assert.equal(plain.headers['cache-control'], 'no-cache');
    const headers = { 'if-none-match': String(plain.headers.etag) };
    assert.equal((await t.app.inject({ url: '/theme.js', headers })).statusCode, 304);
  });

  test('the best encoding that the browser takes', async () => {
    const ask = async (accept: string) => {
      const headers = { 'accept-encoding': accept };
      const { body, headers: got } = await t.app.inject({ url: '/theme.js', headers });
      return [got['content-encoding'], body];
    };
    assert.deepEqual(await ask('gzip, deflate, br'), ['br', 'as brotli']);
    assert.deepEqual(await ask('gzip'), ['gzip', 'as gzip']);
    assert.deepEqual(await ask('br;q=0, gzip;q=0.5'), ['gzip', 'as gzip']);
    assert.deepEqual(await ask('identity'), [undefined, 'plain']);
  });

  test('what isn’t in the bundle isn’t found', async () => {
    assert.equal((await t.app.inject('/assets/index-00000000.js')).statusCode, 404);
    assert.equal((await t.app.inject('/sw.js')).statusCode, 404);
  });
});
