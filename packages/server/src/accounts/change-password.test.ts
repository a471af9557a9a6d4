import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createTestApp, type TestApp, type TestUser } from '../http/test-app.ts';

describe('changing the password', () => {
  let t: TestApp;
  before(async () => {
    t = await createTestApp();
  });
  after(() => t.close());

  const login = ({ email }: TestUser, password: string) =>
    t.app.inject({ method: 'POST', url: '/auth/login', payload: { email, password } });
  const change = (ann: TestUser, payload: object) =>
    t.app.inject({ method: 'POST', url: '/auth/password', headers: ann.headers, payload });
  const me = (token: string) =>
    t.app.inject({ url: '/me', headers: { authorization: `Bearer ${token}` } });

  test('the new one counts, the old one doesn’t, and every other device is out', async () => {
    const ann = await t.signUp();
    const other = (await login(ann, ann.password)).json();
    const answer = await change(ann, { current: ann.password, new: 'another good one' });
    assert.equal(answer.statusCode, 204, answer.body);
    assert.equal((await me(ann.session.accessToken)).statusCode, 200);
    assert.equal((await me(other.accessToken)).json().code, 'session-ended');
    const refreshToken = other.refreshToken;
    const refresh = await t.app.inject({
      method: 'POST',
      url: '/auth/refresh',
      payload: { refreshToken },
    });
    assert.equal(refresh.statusCode, 401);
    assert.equal((await login(ann, ann.password)).json().code, 'bad-credentials');
    assert.equal((await login(ann, 'another good one')).statusCode, 200);
  });

  test('a wrong current one, or a bad new one, changes nothing', async () => {
    const ann = await t.signUp();
    const wrong = await change(ann, { current: 'not mine', new: 'another good one' });
    assert.equal(wrong.json().code, 'bad-credentials');
    const short = await change(ann, { current: ann.password, new: 'short' });
    assert.equal(short.statusCode, 422);
    assert.equal((await login(ann, ann.password)).statusCode, 200);
  });

  test('nobody else’s is touched', async () => {
    const [ann, bob] = [await t.signUp('Ann'), await t.signUp('Bob')];
    await change(ann, { current: ann.password, new: 'another good one' });
    assert.equal((await me(bob.session.accessToken)).statusCode, 200);
  });
});
