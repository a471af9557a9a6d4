import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Api, expectStatus, type Json } from './harness/api.ts';
import { TestServer } from './harness/server.ts';

describe('accounts and devices', () => {
  let server: TestServer;
  let guest: Api;

  before(async () => {
    server = await TestServer.start();
    guest = new Api(server.url);
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  test('register, login, me', async () => {
    const ann = await guest.register('Ann');
    assert.deepEqual(expectStatus(await guest.as(ann).get('/me'), 200), {
      id: ann.user.id,
      email: ann.email,
      name: 'Ann',
    });
    const { email, password } = ann;
    const twice = await guest.post('/auth/register', { email, password, name: 'Twin' });
    expectStatus(twice, 409, 'email-taken');
    const login = expectStatus(
      await guest.post('/auth/login', { email: email.toUpperCase(), password, device: 'laptop' }),
      200,
    );
    assert.equal(login.device.name, 'laptop');
    assert.equal(login.user.id, ann.user.id);
    const wrong = await guest.post('/auth/login', { email, password: 'wrong password' });
    const unknown = await guest.post('/auth/login', { email: 'no@example.org', password });
    const without = ({ requestId: _, ...rest }: Json) => rest;
    assert.deepEqual(
      without(expectStatus(wrong, 401, 'bad-credentials')),
      without(expectStatus(unknown, 401, 'bad-credentials')),
    );
  });

  test('bad registrations name the field', async () => {
    for (const [field, body] of Object.entries({
      email: { email: 'nonsense', name: 'A', password: 'long enough 1' },
      password: { email: 'a@example.org', name: 'A', password: 'short' },
      name: { email: 'a@example.org', name: '', password: 'long enough 1' },
    })) {
      const answer = await guest.post('/auth/register', body);
      assert.ok([400, 422].includes(answer.status));
      assert.equal(answer.body.field, field);
    }
  });

  test('no token, a broken token, another secret’s token: 401', async () => {
    const forged =
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwIn0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    const none = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIwIn0.';
    for (const token of [undefined, 'x', forged, none]) {
      expectStatus(await new Api(server.url, token).get('/me'), 401, 'unauthenticated');
    }
  });

  test('refresh tokens rotate; the predecessor has its grace; other reuse ends the login', async () => {
    const ann = await guest.register();
    const refresh = (refreshToken: string) => guest.post('/auth/refresh', { refreshToken });
    const one = expectStatus(await refresh(ann.refreshToken), 200);
    assert.notEqual(one.refreshToken, ann.refreshToken);
    const lost = expectStatus(await refresh(ann.refreshToken), 200);
    const two = expectStatus(await refresh(lost.refreshToken), 200);
    expectStatus(await guest.as(two).get('/me'), 200);
    expectStatus(await refresh(ann.refreshToken), 401);
    expectStatus(await refresh(two.refreshToken), 401);
    await until(async () => (await guest.as(two).get('/me')).status === 401);
    expectStatus(await refresh('nonsense'), 401);
  });

  test('logout and revocation end tokens within 5 s', async () => {
    const ann = await guest.register();
    const { email, password } = ann;
    const phone = expectStatus(
      await guest.post('/auth/login', { email, password, device: 'phone' }),
      200,
    );
    const { items } = expectStatus(await guest.as(ann).get('/devices'), 200);
    assert.deepEqual(items.map((item: Json) => [item.name, item.current]).sort(), [
      ['phone', false],
      ['test', true],
    ]);
    const revoked = await guest.as(ann).call('DELETE', `/devices/${phone.device.id}`);
    assert.equal(revoked.status, 204);
    await until(async () => (await guest.as(phone).get('/me')).status === 401);
    expectStatus(await guest.post('/auth/refresh', { refreshToken: phone.refreshToken }), 401);
    const bob = await guest.register('Bob');
    const foreign = await guest.as(bob).call('DELETE', `/devices/${ann.device.id}`);
    expectStatus(foreign, 404, 'device-not-found');
    assert.equal((await guest.as(ann).post('/auth/logout')).status, 204);
    await until(async () => (await guest.as(ann).get('/me')).status === 401);
  });

  test('device login by code', async () => {
    const ann = await guest.register();
    const code = expectStatus(await guest.post('/auth/device', { device: 'tv' }), 200);
    assert.match(code.userCode, /^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
    const ask = () => guest.post('/auth/device/token', { deviceCode: code.deviceCode });
    expectStatus(await ask(), 400, 'authorization-pending');
    expectStatus(await ask(), 400, 'slow-down');
    const unknown = await guest.as(ann).post('/auth/device/approve', { userCode: 'ZZZZ-ZZZZ' });
    expectStatus(unknown, 404);
    const approved = await guest
      .as(ann)
      .post('/auth/device/approve', { userCode: code.userCode.toLowerCase() });
    assert.equal(approved.status, 204);
    let session: Json;
    await until(async () => {
      const answer = await ask();
      session = answer.body;
      return answer.status === 200;
    }, 20_000);
    assert.equal(session.user.id, ann.user.id);
    assert.equal(session.device.name, 'tv');
    expectStatus(await ask(), 400);
  });

  test('no secret reaches the log', async () => {
    const ann = await guest.register();
    await guest.as(ann).get('/me?token=hunter2');
    await guest.post('/auth/refresh', { refreshToken: ann.refreshToken });
    for (const secret of [ann.password, ann.accessToken, ann.refreshToken, 'hunter2']) {
      assert.ok(!server.output.includes(secret), 'a secret stands in the log');
    }
    assert.match(server.output, /"requestId"|"reqId"/);
  });

  test('OpenAPI 3.1 describes the calls; docs and first page are there', async () => {
    const { body } = await guest.get('/openapi.json');
    assert.match(body.openapi, /^3\.1/);
    for (const path of ['/files/presigned-url', '/files/{id}/complete', '/auth/login', '/me']) {
      assert.ok(path in body.paths, path);
    }
    for (const path of ['/', '/docs', '/healthz']) {
      assert.equal((await fetch(server.url + path)).status, 200, path);
    }
    assert.equal((await fetch(`${server.ops}/metrics`)).status, 200);
    expectStatus(await guest.get('/no-such-thing'), 404, 'not-found');
  });
});

describe('limits', () => {
  test('per user, per address and per account they answer 429 with Retry-After', async () => {
    await using server = await TestServer.start({
      env: { VALISE_RATE_LIMIT: '20', VALISE_ADDRESS_LIMIT: '30', VALISE_LOGIN_LIMIT: '3' },
    });
    const guest = new Api(server.url);
    const ann = await guest.register();
    const me = await Promise.all(Array.from({ length: 30 }, () => guest.as(ann).get('/me')));
    const refused = me.filter((answer) => answer.status === 429);
    assert.ok(refused.length >= 5 && refused.length < 30, `${refused.length}`);
    assert.ok(Number(refused[0]?.headers.get('retry-after')) > 0);
    const login = (password: string) => guest.post('/auth/login', { email: ann.email, password });
    for (let n = 0; n < 3; n++) expectStatus(await login('wrong password'), 401);
    expectStatus(await login(ann.password), 429, 'rate-limited');
    let answer = await guest.post('/auth/device');
    for (let n = 0; n < 40 && answer.status === 200; n++) answer = await guest.post('/auth/device');
    expectStatus(answer, 429, 'rate-limited');
  });
});

async function until(condition: () => Promise<boolean>, within = 5_000): Promise<void> {
  const deadline = Date.now() + within;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `not within ${within} ms`);
    await new Promise((done) => setTimeout(done, 200));
  }
}
