import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import type { Answer, Client } from '../tree/test-api.ts';
import { fileRow, plantFiles } from '../tree/test-people.ts';
import { listSharedWithMe } from './shared-with-me-store.ts';
import { readSharedText } from './shared-with-me-text.ts';
import { startSharing } from './test-sharing.ts';

const { api, ann, bob, eve, file, share, unshare } = await startSharing();
after(() => api.close());

test('whom it is shared with: guests see those who share the same', async () => {
  const outer = await ann.folder('outer circle');
  const inner = await ann.folder('inner circle', outer.id);
  await share(outer.id, eve);
  await share(inner.id, bob);
  const ways = async (who: Client) => {
    const { items } = (await who('GET', `/files/${inner.id}/shares?limit=1000`)).body;
    return (items as unknown as { via: { name: string } }[]).map(({ via }) => via.name);
  };
  assert.deepEqual(await ways(ann), ['outer circle', 'inner circle']);
  assert.deepEqual(await ways(eve), ['outer circle', 'inner circle']);
  assert.deepEqual(await ways(bob), ['inner circle']);
});

test('shared with me comes newest first, page by page', async () => {
  const guest = await api.person('guest');
  for (let n = 0; n < 7; n++) await share((await ann.folder(`page ${n}`)).id, guest);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const next: string = cursor === null ? '' : `&cursor=${cursor}`;
    const page: Answer = await guest('GET', `/files/shared-with-me?limit=3${next}`);
    seen.push(...page.body.items.map((item) => item.name));
    cursor = page.body.cursor;
  } while (cursor !== null);
  assert.deepEqual(
    seen,
    [6, 5, 4, 3, 2, 1, 0].map((n) => `page ${n}`),
  );
});

test('what was shared is worded by the database as by the server, or left to it', async () => {
  const guest = await api.person('gu"est');
  const [top, odd] = [await ann.folder('top'), fileRow(ann.who, 'quo"te\\ \u2028 ü')];
  const inner = await ann.folder('inner', top.id);
  const link = fileRow(ann.who, 'link', { kind: 'symlink', target: '../a "b"', mimeType: null });
  await plantFiles(api.db, [odd, link]);
  const seen = [odd.id, link.id, inner.id, await file('leaf', inner.id), await file('x', top.id)];
  for (const id of seen) await share(id, guest, 'editor');
  await share(seen[3] ?? '', guest, 'viewer');
  const { userId } = guest.who;
  for (const limit of [1, 2, 4, 5, 100]) {
    let cursor: string | undefined;
    do {
      const page = await listSharedWithMe(api.db, userId, { cursor, limit });
      const text = await readSharedText(api.db, userId, { cursor, limit });
      assert.deepEqual(JSON.parse(String(text)), page, `limit ${limit}`);
      cursor = page.cursor ?? undefined;
    } while (cursor !== undefined);
  }
  const query = { cursor: undefined, limit: 100 };
  // A job is still at work: its row isn't there, or isn't believed.
  await sql`DELETE FROM access WHERE user_id = ${userId} AND file_id = ${odd.id}`.execute(api.db);
  assert.equal(await readSharedText(api.db, userId, query), null);
  assert.equal((await guest('GET', '/files/shared-with-me')).body.items.length, seen.length);
  const nobody = await api.person('nobody');
  const none = await readSharedText(api.db, nobody.who.userId, query);
  assert.deepEqual(JSON.parse(String(none)), { items: [], cursor: null });
});

test('shared by me: what lives and is shared by itself, page by page', async () => {
  const owner = await api.person('sharer');
  const [top, other] = [await owner.folder('outer'), await owner.folder('not shared')];
  const ids = [top.id];
  for (const name of ['a', 'b', 'c', 'd']) ids.push(await file(name, top.id, owner));
  await file('inherits', top.id, owner);
  for (const id of ids) await share(id, bob, 'viewer', owner);
  const listed = async (who: Client) => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const next: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page: Answer = await who('GET', `/files/shared-by-me?limit=2${next}`);
      seen.push(...page.body.items.map((item) => `${item.name}:${item.sharedWith}`));
      cursor = page.body.cursor;
    } while (cursor !== null);
    return seen;
  };
  assert.deepEqual(await listed(owner), ['d:1', 'c:1', 'b:1', 'a:1', 'outer:1']);
  assert.deepEqual(await listed(bob), []);
  await owner('DELETE', `/files/${ids[2]}`);
  await unshare(ids[3] ?? '', bob, owner);
  await owner('PATCH', `/files/${ids[4]}`, { parentId: other.id });
  assert.deepEqual(await listed(owner), ['d:1', 'a:1', 'outer:1']);
  await owner('POST', `/files/${ids[2]}/restore`);
  assert.deepEqual(await listed(owner), ['d:1', 'b:1', 'a:1', 'outer:1']);
  const forged = await owner('GET', '/files/shared-by-me?cursor=AAAA');
  assert.equal(forged.body.code, 'bad-cursor');
});

test('the owner, and nobody else, is told how many it is shared with', async () => {
  const owner = await api.person('owner');
  const top = await owner.folder('counted');
  const leaf = await file('leaf', top.id, owner);
  const told = async (who: Client) => {
    const { items } = (await who('GET', `/folders/${top.id}/children`)).body;
    return items.map((item) => item.sharedWith);
  };
  const by = (who: Client) => owner('POST', `/files/${leaf}/share`, { users: [who.who.userId] });
  assert.deepEqual(await told(owner), [undefined]);
  await by(bob);
  await by(bob);
  await by(eve);
  await share(leaf, eve, 'editor', owner);
  await share(top.id, eve, 'viewer', owner);
  assert.deepEqual([await told(owner), await told(eve)], [[2], [undefined]]);
  await unshare(leaf, bob, bob);
  await unshare(leaf, bob, owner);
  assert.deepEqual(await told(owner), [1]);
  const copy = await owner('POST', `/files/${leaf}/copy`, { name: 'copy', parentId: top.id });
  assert.equal(copy.body.file.sharedWith, undefined);
  await unshare(leaf, eve, owner);
  assert.deepEqual(await told(owner), [undefined, undefined]);
});

test('how many it is shared with is counted anew whenever its shares are touched', async () => {
  const owner = await api.person('counter');
  const leaf = await file('drifted', null, owner);
  const people = async () => {
    const { rows } = await sql<{ n: number }>`
      SELECT shared_with AS n FROM files WHERE id = ${leaf}`.execute(api.db);
    return rows[0]?.n;
  };
  // As a server does that doesn't count.
  const drift = (n: number) =>
    sql`UPDATE files SET shared_with = ${n} WHERE id = ${leaf}`.execute(api.db);
  for (const n of [7, 0]) {
    await share(leaf, bob, 'viewer', owner);
    await drift(n);
    await share(leaf, eve, 'viewer', owner);
    assert.equal(await people(), 2, 'one more');
    await drift(n);
    await share(leaf, eve, 'viewer', owner);
    assert.equal(await people(), 2, 'the same again');
    await drift(n);
    await unshare(leaf, eve, owner);
    assert.equal(await people(), 1, 'one less');
    await drift(n);
    await unshare(leaf, eve, owner);
    assert.equal(await people(), 1, 'gone already');
    await unshare(leaf, bob, owner);
    assert.equal(await people(), 0);
  }
});
