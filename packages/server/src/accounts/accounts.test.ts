import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { createTestApp, type TestApp } from '../http/test-app.ts';

const password = 'correct horse battery';

describe('accounts', () => {
  let t: TestApp;
  before(async () => {
    t = await createTestApp();
  });
  after(() => t.close());

  const post = (url: string, payload: object, headers = {}) =>
    t.app.inject({ method: 'POST', url, payload, headers });
  const freshEmail = () => `${randomUUID()}@example.org`;

  test('register, me, login', async () => {
    const email = freshEmail();
    const made = await post('/auth/register', { email, name: 'Ann', password, device: 'laptop' });
    assert.equal(made.statusCode, 201);
    const session = made.json();
    assert.deepEqual(Object.keys(session).sort(), [
      'accessToken',
      'device',
      'expiresIn',
      'refreshToken',
      'user',
    ]);
    assert.deepEqual(session.user, { id: session.user.id, email, name: 'Ann' });
    assert.equal(session.device.name, 'laptop');
    assert.equal(session.expiresIn, 900);
    const login = await post('/auth/login', { email: ` ${email.toUpperCase()} `, password });
    assert.equal(login.statusCode, 200);
    assert.equal(login.json().user.id, session.user.id);
    assert.notEqual(login.json().device.id, session.device.id, 'each login is a device');
    const headers = { authorization: `bearer ${login.json().accessToken}` };
    assert.deepEqual((await t.app.inject({ url: '/me', headers })).json(), session.user);
  });

  test('a new user has a change feed', async () => {
    const { session } = await t.signUp();
    const feed = await t.database.db
      .selectFrom('feeds')
      .selectAll()
      .where('user_id', '=', session.user.id as never)
      .executeTakeFirstOrThrow();
    assert.deepEqual([feed.seq, feed.min_seq], [0, 0]);
  });

  test('an address is taken however it is written, also when two ask at once', async () => {
    const email = `Zoë.${randomUUID()}@Example.org`.normalize('NFC');
    const attempts = [email, email.toLowerCase(), email.normalize('NFD'), `${email} `];
    const answers = await Promise.all(
      attempts.map((one) => post('/auth/register', { email: one, name: 'Zoë', password })),
    );
    const statuses = answers.map(({ statusCode }) => statusCode).sort();
    assert.deepEqual(statuses, [201, 409, 409, 409]);
    assert.equal(
      (await post('/auth/register', { email, name: 'Z', password })).json().code,
      'email-taken',
    );
  });

  test('values that make no sense are 422, missing ones 400, both name the field', async () => {
    const good = { email: freshEmail(), name: 'Ann', password };
    for (const [status, field, change] of [
      [422, 'email', { email: 'nonsense' }],
      [422, 'email', { email: 'a b@example.org' }],
      [422, 'password', { password: 'seven 7' }],
      [422, 'name', { name: '   ' }],
      [422, 'name', { name: 'two\nlines' }],
      [422, 'name', { name: 'txt.\u202Eexe' }],
      [422, 'device', { device: '\u0007' }],
      [400, 'name', { name: '' }],
      [400, 'email', { email: undefined }],
      [400, 'password', { password: 12345678 }],
    ] as const) {
      const answer = await post('/auth/register', { ...good, ...change });
      assert.equal(answer.statusCode, status, JSON.stringify(change));
      assert.equal(answer.json().field, field);
    }
  });

  test('wrong password and unknown address answer alike', async () => {
    const ann = await t.signUp();
    const wrong = await post('/auth/login', { email: ann.email, password: 'not the password' });
    const unknown = await post('/auth/login', {
      email: freshEmail(),
      password: 'not the password',
    });
    const nonsense = await post('/auth/login', { email: 'nonsense', password: 'x' });
    for (const answer of [wrong, unknown, nonsense]) {
      assert.equal(answer.statusCode, 401);
      const { requestId: _, ...problem } = answer.json();
      const { requestId: __, ...first } = wrong.json();
      assert.deepEqual(problem, first);
      assert.equal(problem.code, 'bad-credentials');
    }
  });

  test('a password typed with another normalisation is the same password', async () => {
    const email = freshEmail();
    await post('/auth/register', { email, name: 'Ann', password: 'caf\u00e9 caf\u00e9' });
    const login = await post('/auth/login', { email, password: 'cafe\u0301 cafe\u0301' });
    assert.equal(login.statusCode, 200);
  });

  test('closed and invited-only registration say so', async () => {
    for (const registration of ['closed', 'invite'] as const) {
      const closed = await createTestApp({ config: { registration }, database: t.database });
      const payload = { email: freshEmail(), name: 'Ann', password };
      const answer = await closed.app.inject({ method: 'POST', url: '/auth/register', payload });
      assert.equal(answer.statusCode, 403);
      assert.equal(answer.json().code, 'registration-closed');
      await closed.close();
    }
  });

  test('no secret stands in the log or, in clear, in the database', async () => {
    const ann = await t.signUp();
    await t.app.inject({ url: `/me?token=${ann.session.accessToken}`, headers: ann.headers });
    await post('/auth/login', { email: ann.email, password: 'a wrong password' });
    const refreshed = await post('/auth/refresh', { refreshToken: ann.session.refreshToken });
    const rows = await t.database.db.selectFrom('devices').selectAll().execute();
    const users = await t.database.db.selectFrom('users').selectAll().execute();
    const log = t.logLines.join('');
    for (const secret of [
      ann.password,
      'a wrong password',
      ann.session.accessToken,
      ann.session.refreshToken,
      refreshed.json().refreshToken,
    ]) {
      assert.ok(!log.includes(secret));
      assert.ok(!JSON.stringify([rows, users]).includes(secret));
    }
    assert.match(users[0]?.password_hash ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });
});
