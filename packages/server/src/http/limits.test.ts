import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTestApp } from './test-app.ts';
import { createTestClock } from './test-clock.ts';

const limits = { perUser: 5, login: 3, address: 8 };

describe('limits', () => {
  test('per user: 429 with Retry-After, others are not touched, waiting helps', async () => {
    const clock = createTestClock();
    const t = await createTestApp({ config: { limits }, ambient: clock });
    const [ann, bob] = [await t.signUp('Ann'), await t.signUp('Bob')];
    const me = (user: typeof ann) => t.app.inject({ url: '/me', headers: user.headers });
    for (let n = 0; n < 5; n++) assert.equal((await me(ann)).statusCode, 200);
    const refused = await me(ann);
    assert.equal(refused.statusCode, 429);
    assert.equal(refused.json().code, 'rate-limited');
    assert.equal(refused.headers['retry-after'], '60');
    assert.equal((await me(bob)).statusCode, 200);
    clock.advance(60);
    assert.equal((await me(ann)).statusCode, 200);
    await t.close();
  });

  test('per address before login; X-Forwarded-For counts from trusted proxies only', async () => {
    for (const [trustedProxies, second] of [
      [[], 429],
      [['127.0.0.1'], 200],
    ] as const) {
      const t = await createTestApp({ config: { limits, trustedProxies } });
      const begin = (from: string) =>
        t.app.inject({ method: 'POST', url: '/auth/device', headers: { 'x-forwarded-for': from } });
      for (let n = 0; n < 8; n++) assert.equal((await begin('192.0.2.1')).statusCode, 200);
      assert.equal((await begin('192.0.2.1')).statusCode, 429);
      assert.equal((await begin('192.0.2.2')).statusCode, second);
      await t.close();
    }
  });

  test('failed logins per account and address, also when guessed at once', async () => {
    const clock = createTestClock();
    const t = await createTestApp({
      config: { limits: { ...limits, address: 1000 }, trustedProxies: ['127.0.0.1'] },
      ambient: clock,
    });
    const ann = await t.signUp();
    const login = async (password: string, from = '192.0.2.1') => {
      const headers = { 'x-forwarded-for': from };
      const payload = { email: ann.email, password };
      const answer = await t.app.inject({ method: 'POST', url: '/auth/login', headers, payload });
      return answer.statusCode;
    };
    const guesses = await Promise.all(Array.from({ length: 12 }, (_, n) => login(`guess ${n}`)));
    assert.equal(guesses.filter((status) => status === 401).length, 3);
    assert.equal(guesses.filter((status) => status === 429).length, 9);
    assert.equal(await login(ann.password), 429);
    assert.equal(await login(ann.password, '192.0.2.9'), 200, 'the owner elsewhere gets in');
    clock.advance(15 * 60);
    for (let n = 0; n < 6; n++) assert.equal(await login(ann.password), 200, 'success is free');
    await t.close();
  });

  test('refreshing is free, failing to is not', async () => {
    const t = await createTestApp({ config: { limits } });
    const ann = await t.signUp();
    let { refreshToken } = ann.session;
    const refresh = (token: string) =>
      t.app.inject({ method: 'POST', url: '/auth/refresh', payload: { refreshToken: token } });
    for (let n = 0; n < 20; n++) {
      const answer = await refresh(refreshToken);
      assert.equal(answer.statusCode, 200);
      refreshToken = answer.json().refreshToken;
    }
    const bad = [];
    for (let n = 0; n < 9; n++) bad.push((await refresh('vrt_nonsense')).statusCode);
    assert.deepEqual(bad, [...Array(7).fill(401), 429, 429], 'the registration was the eighth');
    await t.close();
  });
});
