import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { DeviceId } from '@valise/core/ids';
import { createTestApp, type TestApp } from '../http/test-app.ts';
import { createTestClock } from '../http/test-clock.ts';
import { createRefreshTokens } from './refresh-tokens.ts';

describe('refreshing', () => {
  const clock = createTestClock();
  let one: TestApp;
  let two: TestApp;
  before(async () => {
    one = await createTestApp({ ambient: clock });
    two = await createTestApp({ ambient: clock, database: one.database });
  });
  after(async () => {
    await two.close();
    await one.close();
  });

  const refresh = (refreshToken: string, server = one) =>
    server.app.inject({ method: 'POST', url: '/auth/refresh', payload: { refreshToken } });
  const next = async (token: string): Promise<string> => {
    const answer = await refresh(token);
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json().refreshToken;
  };
  const me = async (accessToken: string, server = one) => {
    const headers = { authorization: `Bearer ${accessToken}` };
    return (await server.app.inject({ url: '/me', headers })).statusCode;
  };

  test('an access token lives 15 minutes, a refresh token until it is used', async () => {
    const { session } = await one.signUp();
    clock.advance(15 * 60 - 1);
    assert.equal(await me(session.accessToken), 200);
    clock.advance(1);
    assert.equal(await me(session.accessToken), 401);
    clock.advance(30 * 24 * 3600);
    const answer = await refresh(session.refreshToken);
    assert.deepEqual(Object.keys(answer.json()), ['accessToken', 'refreshToken', 'expiresIn']);
    assert.equal(await me(answer.json().accessToken), 200);
  });

  test('in its grace a predecessor gives the same successor', async () => {
    const first = (await one.signUp()).session.refreshToken;
    const second = await next(first);
    assert.notEqual(second, first);
    clock.advance(60);
    assert.equal(await next(first), second);
    await next(second);
  });

  test('refreshes that race on two servers agree', async () => {
    const first = (await one.signUp()).session.refreshToken;
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => refresh(first, n % 2 === 0 ? one : two)),
    );
    const successors = new Set(answers.map((answer) => answer.json().refreshToken));
    assert.deepEqual(
      answers.map(({ statusCode }) => statusCode),
      Array(10).fill(200),
    );
    assert.equal(successors.size, 1);
    await next([...successors][0] ?? '');
  });

  test('after its grace a predecessor ends the session', async () => {
    const { session } = await one.signUp();
    const answer = await refresh(session.refreshToken);
    clock.advance(61);
    const reused = await refresh(session.refreshToken);
    assert.equal(reused.statusCode, 401);
    assert.equal(reused.json().code, 'session-ended');
    assert.equal((await refresh(answer.json().refreshToken)).statusCode, 401);
    assert.equal(await me(answer.json().accessToken), 401);
  });

  test('once the successor is used the predecessor ends the session, however old it is', async () => {
    for (const generations of [2, 4]) {
      const { session } = await one.signUp();
      let token = session.refreshToken;
      for (let n = 0; n < generations; n++) token = await next(token);
      assert.equal((await refresh(session.refreshToken)).json().code, 'session-ended');
      assert.equal((await refresh(token)).json().code, 'session-ended');
    }
  });

  test('nobody ends a session with a token that was never made here', async () => {
    const { session } = await one.signUp();
    const deviceId = session.device.id as DeviceId;
    const foreign = createRefreshTokens(new Uint8Array(32).fill(1));
    const forged = foreign.first(deviceId, new Uint8Array(32)).text;
    const flipped = `${session.refreshToken.slice(0, -2)}${session.refreshToken.endsWith('A') ? 'g' : 'A'}A`;
    for (const token of [forged, flipped, 'nonsense', 'vrt_', session.accessToken]) {
      const answer = await refresh(token);
      assert.equal(answer.statusCode, 401);
      assert.equal(answer.json().code, 'session-ended');
    }
    await next(session.refreshToken);
  });

  test('without a token it is 401 unauthenticated', async () => {
    const answer = await one.app.inject({ method: 'POST', url: '/auth/refresh' });
    assert.equal(answer.statusCode, 401);
    assert.equal(answer.json().code, 'unauthenticated');
  });
});

describe('browsers', () => {
  const browser = { 'x-valise-client': 'browser' };

  test('the refresh token is a cookie that scripts and other sites cannot have', async () => {
    for (const [url, secure] of [
      ['http://localhost', undefined],
      ['https://valise.example', true],
    ] as const) {
      const t = await createTestApp({ config: { url } });
      const { email, password } = await t.signUp();
      const post = (path: string, options: object = {}) =>
        t.app.inject({ method: 'POST', url: path, headers: browser, ...options });
      const login = await post('/auth/login', { payload: { email, password } });
      assert.equal(login.json().refreshToken, undefined);
      const cookie = login.cookies[0];
      assert.ok(cookie);
      assert.equal(cookie.httpOnly, true);
      assert.equal(cookie.sameSite, 'Strict');
      assert.equal(cookie.path, '/auth');
      assert.equal(cookie.secure, secure);

      const cookies = { [cookie.name]: cookie.value };
      const bare = await post('/auth/refresh', { cookies, headers: {} });
      assert.equal(bare.statusCode, 401, 'a form of another site sends no header of ours');
      const refreshed = await post('/auth/refresh', { cookies });
      assert.deepEqual(Object.keys(refreshed.json()), ['accessToken', 'expiresIn']);
      assert.notEqual(refreshed.cookies[0]?.value, cookie.value);

      const authorization = `Bearer ${refreshed.json().accessToken}`;
      const logout = await post('/auth/logout', { headers: { ...browser, authorization } });
      assert.equal(logout.statusCode, 204);
      assert.equal(logout.cookies[0]?.value, '');
      await t.close();
    }
  });
});
