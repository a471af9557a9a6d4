import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Type from 'typebox';
import type { App } from './app.ts';
import { createTestApp, type TestApp } from './test-app.ts';

const SECRET = 'hunter2-in-the-database';

/** Routes that show what the gateway does around every route. */
function probes(app: App): void {
  const body = Type.Object({
    count: Type.Integer({ minimum: 1 }),
    inner: Type.Optional(Type.Object({ name: Type.String() })),
  });
  const querystring = Type.Object({
    limit: Type.Integer({ minimum: 1, default: 7 }),
    deep: Type.Optional(Type.Boolean()),
  });
  app.post('/probe', { config: { access: 'public' }, schema: { body } }, (request) => request.body);
  app.get(
    '/probe',
    { config: { access: 'public' }, schema: { querystring } },
    (request) => request.query,
  );
  app.get('/broken', { config: { access: 'public' } }, () => {
    throw Object.assign(new Error('it broke'), { detail: SECRET });
  });
  app.get('/whoami', (request) => request.caller);
  app.put('/files/:id/upload/chunks', { config: { access: 'public' } }, (request) => ({
    bytes: Buffer.isBuffer(request.body) ? request.body.length : -1,
  }));
  app.post('/octets', { config: { access: 'public' } }, () => ({}));
}

describe('the gateway', () => {
  let t: TestApp;
  before(async () => {
    t = await createTestApp({ features: [probes] });
  });
  after(() => t.close());

  const post = (payload: string | object, type = 'application/json') =>
    t.app.inject({ method: 'POST', url: '/probe', headers: { 'content-type': type }, payload });

  test('every failure is a problem document with the request’s id', async () => {
    for (const [status, code, request] of [
      [404, 'not-found', { url: '/nowhere' }],
      [405, 'method-not-allowed', { method: 'PATCH', url: '/me' }],
      [401, 'unauthenticated', { url: '/me' }],
      [400, 'malformed-request', { url: '/%zz' }],
      [400, 'malformed-request', { method: 'POST', url: '/probe' }],
      [500, 'internal', { url: '/broken' }],
    ] as const) {
      const answer = await t.app.inject(request);
      assert.equal(answer.statusCode, status, request.url);
      assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/);
      const problem = answer.json();
      assert.equal(problem.code, code);
      assert.equal(problem.status, status);
      assert.equal(problem.type, `urn:valise:problem:${code}`);
      assert.equal(problem.requestId, answer.headers['x-request-id']);
      assert.match(problem.requestId, /^[0-9a-f-]{36}$/);
    }
  });

  test('405 names the methods, 401 the scheme', async () => {
    const wrong = await t.app.inject({ method: 'DELETE', url: '/auth/device' });
    assert.equal(wrong.headers.allow, 'GET, HEAD, POST');
    const anonymous = await t.app.inject('/whoami');
    assert.equal(anonymous.headers['www-authenticate'], 'Bearer');
  });

  test('a client’s request id is not taken over', async () => {
    const answer = await t.app.inject({ url: '/healthz', headers: { 'x-request-id': 'mine' } });
    assert.notEqual(answer.headers['x-request-id'], 'mine');
  });

  test('what broke stays inside: neither the answer nor the log quotes it', async () => {
    const answer = await t.app.inject('/broken');
    assert.ok(!answer.body.includes('it broke'));
    const line = t.logLines.find((one) => one.includes(answer.json().requestId));
    assert.match(line ?? '', /it broke/);
    assert.ok(!t.logLines.join('').includes(SECRET));
  });

  test('bodies are not converted, unknown members pass, misfits name the field', async () => {
    assert.deepEqual((await post({ count: 2, extra: [1] })).json(), { count: 2, extra: [1] });
    for (const [field, payload] of [
      ['count', {}],
      ['count', { count: '2' }],
      ['count', { count: 0 }],
      ['inner.name', { count: 1, inner: {} }],
      ['inner.name', { count: 1, inner: { name: 1 } }],
    ] as const) {
      const answer = await post(payload);
      assert.equal(answer.statusCode, 400);
      assert.equal(answer.json().field, field);
      assert.ok(answer.json().detail.startsWith(`${field} `), answer.json().detail);
    }
  });

  test('queries are converted and have defaults; misfits name the field', async () => {
    assert.deepEqual((await t.app.inject('/probe')).json(), { limit: 7 });
    const query = (await t.app.inject('/probe?limit=3&deep=true&x=1')).json();
    assert.deepEqual(query, { limit: 3, deep: true, x: '1' });
    for (const bad of ['limit=no', 'limit=0', 'limit=1.5']) {
      const answer = await t.app.inject(`/probe?${bad}`);
      assert.equal(answer.statusCode, 400);
      assert.equal(answer.json().field, 'limit');
    }
  });

  test('bodies that are no JSON, no object or poisoned: 400 without quoting them', async () => {
    for (const payload of [`{"a": "${SECRET}"`, '[]', 'null', '7', '{"__proto__": {"a": 1}}']) {
      const answer = await post(payload);
      assert.equal(answer.statusCode, 400, payload);
      assert.ok(!answer.body.includes(SECRET));
    }
  });

  test('too large: 413; another type: 415', async () => {
    const large = await post(JSON.stringify({ count: 1, pad: 'x'.repeat(10_000_000) }));
    assert.equal(large.statusCode, 413);
    assert.equal(large.json().code, 'body-too-large');
    const near = await post(JSON.stringify({ count: 1, pad: 'x'.repeat(9_999_000) }));
    assert.equal(near.statusCode, 200);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'nonsense']) {
      const answer = await post('count=1', type);
      assert.equal(answer.statusCode, 415, type);
      assert.equal(answer.json().code, 'unsupported-media-type');
    }
    assert.equal((await post('{"count":1}', 'application/json; charset=utf-8')).statusCode, 200);
  });

  test('octets are for chunk lists alone, and may have 36 MB there', async () => {
    const send = (method: 'PUT' | 'POST', url: string, bytes: number) =>
      t.app.inject({
        method,
        url,
        headers: { 'content-type': 'application/octet-stream' },
        payload: Buffer.alloc(bytes),
      });
    const chunks = '/files/01a202ca-4c24-7ac7-8b78-e41e42e49b3c/upload/chunks';
    assert.deepEqual((await send('PUT', chunks, 36_000_000)).json(), { bytes: 36_000_000 });
    assert.equal((await send('PUT', chunks, 36_000_001)).statusCode, 413);
    assert.equal((await send('POST', '/octets', 1)).statusCode, 415);
  });

  test('security headers stand on every kind of answer', async () => {
    for (const url of ['/', '/docs', '/healthz', '/me', '/nowhere', '/openapi.json']) {
      const { headers } = await t.app.inject(url);
      const policy = String(headers['content-security-policy']);
      assert.match(policy, /default-src 'none'/, url);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.ok(!policy.includes('unsafe'), policy);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['access-control-allow-origin'], undefined);
      assert.equal(headers['strict-transport-security'], undefined, 'plain HTTP promises no TLS');
    }
  });

  test('each request is one log line: pattern, status, time, user', async () => {
    const user = await t.signUp();
    const answer = await t.app.inject({ url: '/whoami?token=abc', headers: user.headers });
    const id = String(answer.headers['x-request-id']);
    const lines = t.logLines.filter((line) => line.includes(id)).map((line) => JSON.parse(line));
    assert.equal(lines.length, 1);
    assert.equal(lines[0].route, '/whoami');
    assert.equal(lines[0].status, 200);
    assert.equal(lines[0].userId, user.session.user.id);
    assert.ok(lines[0].ms >= 0);
    assert.ok(!t.logLines.join('').includes('abc"'));
  });
});
