import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeviceId } from '@valise/core/ids';
import { createTestApp, type TestApp, type TestUser } from '../http/test-app.ts';
import { createTestClock } from '../http/test-clock.ts';
import { createLastSeen } from './last-seen.ts';
import { createRevokedDevices } from './revoked-devices.ts';

describe('devices', () => {
  const clock = createTestClock();
  let t: TestApp;
  let other: TestApp;
  before(async () => {
    t = await createTestApp({ ambient: clock });
    other = await createTestApp({ ambient: clock, database: t.database, revocationPollMs: 20 });
  });
  after(async () => {
    await other.close();
    await t.close();
  });

  const list = async (user: TestUser, query = '') =>
    (await t.app.inject({ url: `/devices${query}`, headers: user.headers })).json();
  const revoke = (user: TestUser, id: string) =>
    t.app.inject({ method: 'DELETE', url: `/devices/${id}`, headers: user.headers });
  async function login(user: TestUser, device: string) {
    const payload = { email: user.email, password: user.password, device };
    const answer = await t.app.inject({ method: 'POST', url: '/auth/login', payload });
    return answer.json();
  }
  const me = (token: string, server = t) =>
    server.app.inject({ url: '/me', headers: { authorization: `Bearer ${token}` } });

  test('the list names every live login, page by page, and which one asks', async () => {
    const ann = await t.signUp();
    const names = ['Ann’s device'];
    for (const name of ['phone', 'tablet', 'tv', 'car']) {
      clock.advance(1);
      await login(ann, name);
      names.push(name);
    }
    const all = await list(ann);
    assert.equal(all.cursor, null);
    const shown = all.items.map((item: { name: string }) => item.name);
    assert.deepEqual(shown, names.toReversed());
    assert.deepEqual(
      all.items.map((item: { current: boolean }) => item.current),
      [false, false, false, false, true],
    );
    const paged = [];
    for (let cursor = ''; cursor !== null; ) {
      const page = await list(ann, `?limit=2${cursor && `&cursor=${cursor}`}`);
      paged.push(...page.items);
      cursor = page.cursor;
    }
    assert.deepEqual(paged, all.items);
    const id = crypto.randomUUID();
    for (const text of ['nonsense', '2026 x', `2026 ${id}`, `-271821-04-20T00:00:00.000Z ${id}`]) {
      const cursor = Buffer.from(text).toString('base64url');
      assert.equal((await list(ann, `?cursor=${cursor}`)).code, 'bad-cursor');
    }
  });

  test('revoked here: its tokens end at once here and soon on the other server', async () => {
    const ann = await t.signUp();
    const phone = await login(ann, 'phone');
    assert.equal((await me(phone.accessToken, other)).statusCode, 200);
    assert.equal((await revoke(ann, phone.device.id)).statusCode, 204);
    const here = await me(phone.accessToken);
    assert.equal(here.statusCode, 401);
    assert.equal(here.json().code, 'session-ended');
    const deadline = Date.now() + 5000;
    while ((await me(phone.accessToken, other)).statusCode !== 401) {
      assert.ok(Date.now() < deadline, 'within 5 s');
      await sleep(10);
    }
    const payload = { refreshToken: phone.refreshToken };
    const refresh = await other.app.inject({ method: 'POST', url: '/auth/refresh', payload });
    assert.equal(refresh.json().code, 'session-ended');
    assert.equal((await list(ann)).items.length, 1);
    assert.equal((await me(ann.session.accessToken)).statusCode, 200);
  });

  test('other people’s, unknown and ended devices are 404; a broken id is 400', async () => {
    const [ann, bob] = [await t.signUp('Ann'), await t.signUp('Bob')];
    const phone = await login(ann, 'phone');
    await revoke(ann, phone.device.id);
    for (const id of [bob.session.device.id, phone.device.id, crypto.randomUUID()]) {
      const answer = await revoke(ann, id);
      assert.equal(answer.statusCode, 404);
      assert.equal(answer.json().code, 'device-not-found');
    }
    assert.equal((await revoke(ann, 'nonsense')).statusCode, 400);
    assert.equal((await me(bob.session.accessToken)).statusCode, 200);
  });

  test('logout ends the device that asks', async () => {
    const ann = await t.signUp();
    const phone = await login(ann, 'phone');
    const logout = () =>
      t.app.inject({ method: 'POST', url: '/auth/logout', headers: ann.headers });
    assert.equal((await logout()).statusCode, 204);
    assert.equal((await logout()).statusCode, 401);
    assert.equal((await me(phone.accessToken)).statusCode, 200);
  });

  test('forged tokens are 401: wrong key, no signature, another algorithm', async () => {
    const { accessToken } = (await t.signUp()).session;
    const [header = '', payload = '', signature = ''] = accessToken.split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const token of [
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${none}.${payload}.`,
      `${none}.${payload}.${signature}`,
      'x',
      'a.b.c',
    ]) {
      const answer = await me(token);
      assert.equal(answer.statusCode, 401, token);
      assert.equal(answer.json().code, 'unauthenticated');
    }
  });

  test('lastSeenAt follows use, by the minute', async () => {
    const { db } = t.database;
    const id = (await t.signUp()).session.device.id as DeviceId;
    const seen = async () => {
      const row = db.selectFrom('devices').select('last_seen_at').where('id', '=', id);
      return (await row.executeTakeFirstOrThrow()).last_seen_at.getTime();
    };
    const lastSeen = createLastSeen(db, () => clock.now());
    clock.advance(120);
    const first = clock.now().getTime();
    lastSeen.note(id);
    await lastSeen.flush();
    assert.equal(await seen(), first);
    clock.advance(59);
    lastSeen.note(id);
    await lastSeen.flush();
    assert.equal(await seen(), first);
    clock.advance(1);
    lastSeen.note(id);
    await lastSeen.flush();
    assert.equal(await seen(), first + 60_000);
  });
});

describe('what is known of revocations', () => {
  test('is read again when it is 4 s old, and refuses when it cannot be read', async () => {
    const t = await createTestApp();
    const { session } = await t.signUp();
    const id = session.device.id as DeviceId;
    let monotonic = 0;
    const { db } = t.database;
    const deps = { db, now: () => new Date(), monotonicMs: () => monotonic };
    const revoked = createRevokedDevices(deps);
    assert.equal(await revoked.endOf(id), undefined);
    await db.updateTable('devices').set({ revoked_at: new Date() }).where('id', '=', id).execute();
    monotonic = 4000;
    assert.equal(revoked.endOf(id), undefined, 'known for so long without asking');
    monotonic = 4001;
    assert.equal(await revoked.endOf(id), 'revoked');
    monotonic = 9000;
    await t.app.close();
    await db.destroy();
    await assert.rejects(async () => revoked.endOf(id), { code: 'database-unavailable' });
    await t.database.close();
  });

  test('a database that is away is a 503 for a known token, and no end of the server', async (c) => {
    const t = await createTestApp({ revocationPollMs: 3_600_000 });
    const ann = await t.signUp();
    const me = () => t.app.inject({ url: '/me', headers: ann.headers });
    assert.equal((await me()).statusCode, 200);
    const later = performance.now() + 60_000;
    c.mock.method(performance, 'now', () => later);
    await t.database.close();
    const answer = await me();
    assert.deepEqual([answer.statusCode, answer.json().code], [503, 'database-unavailable']);
    // A rejection that nobody handles is told after this turn of the event loop, and would end us.
    await new Promise((done) => setImmediate(done));
    await t.app.close().catch(() => undefined);
  });
});
