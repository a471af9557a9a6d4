import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createTestApp, type TestApp, type TestUser } from '../http/test-app.ts';
import { createTestClock } from '../http/test-clock.ts';

describe('device login', () => {
  const clock = createTestClock();
  let t: TestApp;
  let ann: TestUser;
  before(async () => {
    t = await createTestApp({ ambient: clock, config: { url: 'https://valise.example' } });
    ann = await t.signUp();
  });
  after(() => t.close());

  const post = (url: string, payload: object, user?: TestUser) =>
    t.app.inject({ method: 'POST', url, payload, ...(user && { headers: user.headers }) });
  const begin = async (device?: string) => (await post('/auth/device', { device })).json();
  const ask = (deviceCode: string) => post('/auth/device/token', { deviceCode });
  const code = async (deviceCode: string) => (await ask(deviceCode)).json().code;

  test('begin, ask, approve, done, once', async () => {
    const begun = await begin('tv');
    assert.match(begun.userCode, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    assert.equal(begun.verificationUri, 'https://valise.example/device');
    assert.equal(begun.verificationUriComplete, `${begun.verificationUri}?code=${begun.userCode}`);
    assert.deepEqual([begun.interval, begun.expiresIn], [5, 600]);
    assert.equal(await code(begun.deviceCode), 'authorization-pending');

    const typed = begun.userCode.toLowerCase().replace('-', ' ');
    const query = new URLSearchParams({ userCode: typed });
    const look = () => t.app.inject({ url: `/auth/device?${query}`, headers: ann.headers });
    assert.equal((await look()).json().device, 'tv');
    const approve = () => post('/auth/device/approve', { userCode: typed }, ann);
    assert.equal((await approve()).statusCode, 204);
    assert.equal((await approve()).statusCode, 204, 'a repeat is fine');
    assert.equal((await look()).statusCode, 404, 'it waits no more');

    const answers = await Promise.all([ask(begun.deviceCode), ask(begun.deviceCode)]);
    const [good, late] = answers.sort((a, b) => a.statusCode - b.statusCode);
    assert.equal(good?.statusCode, 200);
    assert.equal(good.json().user.id, ann.session.user.id);
    assert.equal(good.json().device.name, 'tv');
    assert.equal(late?.json().code, 'expired-token');
    const headers = { authorization: `Bearer ${good.json().accessToken}` };
    assert.equal((await t.app.inject({ url: '/me', headers })).statusCode, 200);
  });

  test('asking too fast makes the interval longer; keeping it is fine', async () => {
    const { deviceCode } = await begin();
    assert.equal(await code(deviceCode), 'authorization-pending');
    clock.advance(2);
    const fast = await ask(deviceCode);
    assert.equal(fast.json().code, 'slow-down');
    assert.equal(fast.json().interval, 10);
    clock.advance(5);
    assert.equal((await ask(deviceCode)).json().interval, 15);
    clock.advance(15);
    assert.equal(await code(deviceCode), 'authorization-pending');
  });

  test('a refused device hears it, and nobody can turn that round', async () => {
    const { deviceCode, userCode } = await begin();
    assert.equal((await post('/auth/device/deny', { userCode }, ann)).statusCode, 204);
    assert.equal(await code(deviceCode), 'access-denied');
    assert.equal((await post('/auth/device/approve', { userCode }, ann)).statusCode, 404);
    assert.equal(await code(deviceCode), 'access-denied');
  });

  test('after ten minutes it is over, for the device and for the person', async () => {
    const { deviceCode, userCode } = await begin();
    clock.advance(600);
    assert.equal(await code(deviceCode), 'expired-token');
    const answer = await post('/auth/device/approve', { userCode }, ann);
    assert.equal(answer.statusCode, 404);
    assert.equal(answer.json().code, 'user-code-not-found');
    assert.equal(await code('vdc_never-made'), 'expired-token');
  });

  test('another person cannot take over a code that someone approved', async () => {
    const bob = await t.signUp('Bob');
    const { deviceCode, userCode } = await begin();
    await post('/auth/device/approve', { userCode }, ann);
    for (const verdict of ['approve', 'deny']) {
      assert.equal((await post(`/auth/device/${verdict}`, { userCode }, bob)).statusCode, 404);
    }
    assert.equal((await ask(deviceCode)).json().user.id, ann.session.user.id);
  });

  test('approving needs a login, and guessing codes ends soon', async () => {
    const { userCode } = await begin();
    assert.equal((await post('/auth/device/approve', { userCode })).statusCode, 401);
    const eve = await t.signUp('Eve');
    const statuses = [];
    for (let n = 0; n < 22; n++) {
      const guess = await post('/auth/device/approve', { userCode: 'BBBB-BBBB' }, eve);
      statuses.push(guess.statusCode);
    }
    assert.deepEqual(statuses, [...Array(20).fill(404), 429, 429]);
    assert.equal((await post('/auth/device/approve', { userCode }, eve)).statusCode, 429);
  });

  test('codes that expired long ago are swept away', async () => {
    await begin();
    clock.advance(3600 + 600 + 1);
    await begin();
    const rows = await t.database.db.selectFrom('device_codes').selectAll().execute();
    assert.equal(rows.length, 1);
  });
});
