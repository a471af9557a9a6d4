import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { createTestApp, type TestApp, type TestUser } from '../http/test-app.ts';

/** Whatever a stranger sends is answered by a 4xx or accepted, never by a 5xx. */
describe('strange input', () => {
  let t: TestApp;
  let ann: TestUser;
  before(async () => {
    t = await createTestApp();
    ann = await t.signUp();
  });
  after(() => t.close());

  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('\0', 'a\0@b', '\ud800', 'a@b', '', ' ', '__proto__', 'vrt_', 'BCDF-GHJK'),
  );
  const value = fc.oneof({ weight: 5, arbitrary: text }, fc.jsonValue({ maxDepth: 1 }));

  for (const [url, members] of [
    ['/auth/register', ['email', 'name', 'password', 'device']],
    ['/auth/login', ['email', 'password', 'device']],
    ['/auth/refresh', ['refreshToken']],
    ['/auth/device', ['device']],
    ['/auth/device/token', ['deviceCode']],
    ['/auth/device/approve', ['userCode']],
  ] as const) {
    test(`POST ${url}`, async () => {
      const bodies = fc.record(Object.fromEntries(members.map((name) => [name, value])), {
        requiredKeys: [],
      });
      const check = fc.asyncProperty(bodies, async (payload) => {
        const answer = await t.app.inject({ method: 'POST', url, payload, headers: ann.headers });
        assert.ok(answer.statusCode < 500, answer.body);
      });
      await fc.assert(check, { numRuns: 60 });
    });
  }

  test('queries, paths and tokens', async () => {
    const check = fc.asyncProperty(text, async (strange) => {
      const encoded = encodeURIComponent(strange.toWellFormed());
      for (const url of [
        `/devices?cursor=${encoded}`,
        `/devices?limit=${encoded}`,
        `/devices/${encoded}`,
        `/auth/device?userCode=${encoded}`,
        `/${encoded}`,
      ]) {
        for (const method of ['GET', 'DELETE'] as const) {
          const answer = await t.app.inject({ method, url, headers: ann.headers });
          assert.ok(answer.statusCode < 500, answer.body);
        }
      }
      const authorization = `Bearer ${Buffer.from(strange)
        .toString('latin1')
        .replaceAll(/[^ -~]/g, '?')}`;
      const answer = await t.app.inject({ url: '/me', headers: { authorization } });
      assert.equal(answer.statusCode, 401);
    });
    await fc.assert(check, { numRuns: 60 });
  });

  test('a stranger’s large body is refused', async () => {
    const payload = { email: 'a@b', password: 'x'.repeat(64_000) };
    const answer = await t.app.inject({ method: 'POST', url: '/auth/login', payload });
    assert.equal(answer.statusCode, 413);
  });
});
