import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { systemAmbient } from '../run/ambient.ts';
import type { Client } from '../tree/test-api.ts';
import { startSharing } from './test-sharing.ts';

const { api, ann, bob, eve, share } = await startSharing();
after(() => api.close());

test('bad input: a clear error, nothing shared, no stranger’s file confirmed', async (t) => {
  const { id } = await ann.folder('guarded');
  const carl = await api.person('carl');
  const hers = (await carl.folder('hers')).id;
  const known = bob.who.userId;
  await share(id, eve, 'editor');
  const cases: [string, Client, string, object, number, string][] = [
    ['oneself', ann, id, { users: [known, ann.who.userId] }, 422, 'invalid-value'],
    ['nobody', ann, id, { users: [] }, 400, 'malformed-request'],
    ['1,001 people', ann, id, { users: Array(1001).fill(known) }, 400, 'malformed-request'],
    ['an unknown address', ann, id, { users: [known, 'no@where.org'] }, 422, 'unknown-users'],
    ['no address', ann, id, { users: [known, 'nowhere'] }, 422, 'unknown-users'],
    ['a NUL', ann, id, { users: [known, 'a\0@b'] }, 422, 'unknown-users'],
    ['no such role', ann, id, { users: [known], role: 'owner' }, 400, 'malformed-request'],
    ['an editor who shares', eve, id, { users: [known] }, 403, 'forbidden'],
    ['a stranger who shares', carl, id, { users: [known] }, 404, 'file-not-found'],
    ['of a stranger', ann, hers, { users: [known] }, 404, 'file-not-found'],
    ['of nothing', ann, systemAmbient.newId(), { users: [known] }, 404, 'file-not-found'],
  ];
  for (const [what, who, file, body, status, code] of cases) {
    await t.test(what, async () => {
      const answer = await who('POST', `/files/${file}/share`, body);
      assert.deepEqual([answer.status, answer.body.code], [status, code]);
    });
  }
  const ways = (await ann('GET', `/files/${id}/shares`)).body.items;
  assert.equal(ways.length, 1, 'all or nothing');
});

test('twenty unknown addresses an hour, on all servers together', async () => {
  const guesser = await api.person('guesser');
  const { id } = await guesser.folder('bait');
  const ask = (...users: string[]) => guesser('POST', `/files/${id}/share`, { users });
  const twelve = Array.from({ length: 12 }, (_, n) => `nobody-${n}@example.org`);
  const first = await ask(...twelve, bob.who.userId);
  assert.deepEqual([first.status, first.body.users], [422, twelve]);
  const nine = await ask(...twelve.slice(0, 9));
  assert.deepEqual(
    [nine.status, nine.body.code, nine.body.users],
    [429, 'rate-limited', undefined],
  );
  assert.ok(Number(nine.headers['retry-after']) > 3_000);
  assert.equal((await ask(...twelve.slice(0, 8))).status, 422);
  assert.equal((await ask('one-more@example.org')).status, 429);
  assert.equal((await ask(bob.who.userId)).status, 200, 'whom one knows goes on');
});
