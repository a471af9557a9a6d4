import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FileId } from '@valise/core/ids';
import { sql } from 'kysely';
import { testCursors } from '../changes/test-cursors.ts';
import { fileRoutes } from '../files/file-routes.ts';
import { systemAmbient } from '../run/ambient.ts';
import { type Answer, type Client, startTestApi, type TestApi } from '../tree/test-api.ts';
import { createObject, fileRow, plantFiles } from '../tree/test-people.ts';
import { shareRoutes } from './share-routes.ts';
import { listSharedWithMe } from './shared-with-me-store.ts';
import { readSharedText } from './shared-with-me-text.ts';

let api: TestApi;
let ann: Client;
let bob: Client;
let eve: Client;
before(async () => {
  const deps = (db: TestApi['db']) => ({ db, ambient: systemAmbient, cursors: testCursors });
  api = await startTestApi((db) => (app) => {
    fileRoutes(deps(db))(app);
    shareRoutes(deps(db))(app);
  });
  [ann, bob, eve] = [await api.person('ann'), await api.person('bob'), await api.person('eve')];
});
after(() => api.close());

async function file(name: string, parentId: string | null, owner = ann): Promise<string> {
  const objectId = await createObject(api.db, owner.who, { size: 7 });
  const row = fileRow(owner.who, name, { parentId: parentId as FileId | null, objectId, size: 7 });
  await plantFiles(api.db, [row]);
  return row.id;
}

function share(id: string, who: Client, role?: string, by = ann): Promise<Answer> {
  const users = [who.who.userId];
  return by('POST', `/files/${id}/share`, { users, ...(role === undefined ? {} : { role }) });
}

function unshare(id: string, who: Client, by = ann): Promise<Answer> {
  return by('DELETE', `/files/${id}/shares/${who.who.userId}`);
}

/** The file as someone sees it in the answer to a rename to its own name, or what refuses it. */
async function touch(id: string, who: Client): Promise<string> {
  const answer = await who('PATCH', `/files/${id}`, { modifiedAt: new Date().toISOString() });
  return answer.status === 200 ? answer.body.file.role : answer.body.code;
}

async function children(id: string, who: Client): Promise<string[]> {
  const answer = await who('GET', `/folders/${id}/children`);
  if (answer.status !== 200) return [answer.body.code];
  return answer.body.items.map(({ name, role }) => `${name}:${role}`);
}

async function feedOf(who: Client, id: string) {
  const { rows } = await sql<{ role: string | null; reason: string | null; seq: number }>`
    SELECT role, reason, seq FROM access
    WHERE user_id = ${who.who.userId} AND file_id = ${id}`.execute(api.db);
  return rows[0];
}

test('a shared folder is seen with all below it, now and later, and no more from the end on', async () => {
  const top = await ann.folder('trip');
  const sub = await ann.folder('day 1', top.id);
  const old = await file('old.jpg', sub.id);
  const shared = await share(top.id, bob);
  assert.equal(shared.status, 200);
  assert.deepEqual(
    shared.body.shares.map((one) => [one.user.id, one.role, one.via.name]),
    [[bob.who.userId, 'viewer', 'trip']],
  );
  const later = await file('later.jpg', sub.id);
  assert.deepEqual(await children(sub.id, bob), ['later.jpg:viewer', 'old.jpg:viewer']);
  for (const id of [top.id, sub.id, old, later]) {
    assert.equal((await feedOf(bob, id))?.role, 'viewer');
  }
  assert.equal(await touch(old, bob), 'forbidden');
  assert.equal((await unshare(top.id, bob)).status, 204);
  for (const id of [top.id, sub.id, old, later]) {
    assert.deepEqual(
      [await touch(id, bob), (await feedOf(bob, id))?.reason],
      ['file-not-found', 'unshared'],
    );
  }
  assert.equal((await unshare(top.id, bob)).status, 204, 'again');
});

test('the strongest of several ways holds; ending one leaves the others', async () => {
  const top = await ann.folder('ways');
  const mid = await ann.folder('mid', top.id);
  const leaf = await file('leaf', mid.id);
  await share(leaf, bob, 'viewer');
  await share(top.id, bob, 'editor');
  assert.equal(await touch(leaf, bob), 'editor', 'sharing above');
  await share(mid.id, bob, 'viewer');
  assert.equal(await touch(leaf, bob), 'editor', 'sharing between');
  const ways = (await ann('GET', `/files/${leaf}/shares`)).body.items as unknown as {
    role: string;
    via: { name: string };
  }[];
  assert.deepEqual(
    ways.map(({ role, via }) => [via.name, role]),
    [
      ['leaf', 'viewer'],
      ['ways', 'editor'],
      ['mid', 'viewer'],
    ],
  );
  await unshare(top.id, bob);
  assert.equal(await touch(leaf, bob), 'forbidden', 'a viewer still');
  assert.deepEqual(await children(mid.id, bob), ['leaf:viewer']);
  assert.deepEqual(await children(top.id, bob), ['file-not-found']);
  await unshare(leaf, bob);
  assert.equal(await touch(leaf, bob), 'forbidden', 'by the folder');
  assert.deepEqual((await unshare(leaf, bob)).body.code, 'invalid-value', 'inherited');
  await unshare(mid.id, bob);
  assert.equal(await touch(leaf, bob), 'file-not-found');
});

test('a second share changes the role, both ways', async () => {
  const top = await ann.folder('roles');
  const leaf = await file('leaf', top.id);
  await share(top.id, bob, 'editor');
  assert.equal(await touch(leaf, bob), 'editor');
  const before = await feedOf(bob, leaf);
  await share(top.id, bob, 'viewer');
  assert.equal(await touch(leaf, bob), 'forbidden');
  const after = await feedOf(bob, leaf);
  assert.equal(after?.role, 'viewer');
  assert.ok((after?.seq ?? 0) > (before?.seq ?? 0), 'the feed tells of it');
  await share(top.id, bob, 'viewer');
  assert.deepEqual(await feedOf(bob, leaf), after, 'the same again is no news');
});

test('a parent that is not seen is not shown, and is once it is', async () => {
  const top = await ann.folder('hidden');
  const leaf = await file('leaf', top.id);
  await share(leaf, bob, 'editor');
  const rename = (name: string) => bob('PATCH', `/files/${leaf}`, { name });
  const alone = (await rename('leaf 2')).body.file;
  assert.deepEqual([alone.parentId, alone.sharedRoot], [null, true]);
  const before = await feedOf(bob, leaf);
  await share(top.id, bob, 'viewer');
  assert.ok(((await feedOf(bob, leaf))?.seq ?? 0) > (before?.seq ?? 0), 'told anew');
  const below = (await rename('leaf 3')).body.file;
  assert.deepEqual([below.parentId, below.sharedRoot], [top.id, false]);
  const moved = await bob('PATCH', `/files/${leaf}`, { parentId: null });
  assert.equal(moved.body.code, 'cross-owner');
});

test('moves into and out of shared folders give and take', async () => {
  const [forBob, forEve] = [await ann.folder('for bob'), await ann.folder('for eve')];
  await share(forBob.id, bob, 'editor');
  await share(forEve.id, eve, 'viewer');
  const moving = await ann.folder('moving', forBob.id);
  const leaf = await file('leaf', moving.id);
  const kept = await file('kept', moving.id);
  await share(kept, bob, 'viewer');
  assert.equal(await touch(kept, bob), 'editor');
  await ann('PATCH', `/files/${moving.id}`, { parentId: forEve.id });
  assert.deepEqual(await children(moving.id, bob), ['file-not-found']);
  assert.deepEqual(await children(moving.id, eve), ['kept:viewer', 'leaf:viewer']);
  assert.equal((await feedOf(bob, leaf))?.reason, 'unshared');
  assert.equal((await feedOf(bob, kept))?.role, 'viewer', 'by its own share');
  const [item] = (await bob('GET', '/files/shared-with-me')).body.items;
  assert.deepEqual([item?.id, item?.parentId, item?.sharedRoot], [kept, null, true]);
  await ann('PATCH', `/files/${moving.id}`, { parentId: forBob.id });
  assert.deepEqual(await children(moving.id, bob), ['kept:editor', 'leaf:editor']);
  assert.deepEqual(await children(moving.id, eve), ['file-not-found']);
});

test('an editor works in the tree of another', async () => {
  const top = await ann.folder('desk');
  await share(top.id, bob, 'editor');
  const made = await bob.folder('from bob', top.id);
  assert.deepEqual(
    [made.ownerId, made.createdBy, made.role, made.parentId],
    [ann.who.userId, bob.who.userId, 'editor', top.id],
  );
  assert.equal((await feedOf(ann, made.id))?.role, 'owner');
  const leaf = await file('leaf', made.id);
  const moved = await bob('PATCH', `/files/${leaf}`, { parentId: top.id, name: 'leaf 2' });
  assert.equal(moved.status, 200);
  const own = await bob.folder('bobs own');
  for (const parentId of [own.id, null]) {
    assert.equal((await bob('PATCH', `/files/${leaf}`, { parentId })).body.code, 'cross-owner');
  }
  const copy = await bob('POST', `/files/${leaf}/copy`, { parentId: own.id });
  assert.deepEqual([copy.status, copy.body.file.ownerId], [201, bob.who.userId]);
  assert.equal((await share(leaf, eve, 'viewer', bob)).status, 403);
  assert.equal((await bob('PATCH', `/files/${top.id}`, { parentId: made.id })).status, 403);
});

test('what an editor deletes lies in the trash of the owner, and is theirs to undo', async () => {
  const top = await ann.folder('bin');
  await share(top.id, bob, 'editor');
  await share(top.id, eve, 'editor');
  const leaf = await file('leaf', top.id);
  assert.equal((await bob('DELETE', `/files/${leaf}`)).status, 204);
  assert.equal((await feedOf(eve, leaf))?.reason, 'deleted');
  const inTrash = async (who: Client) =>
    (await who('GET', '/files/trash')).body.items.filter((item) => item.id === leaf).length;
  assert.deepEqual([await inTrash(ann), await inTrash(bob), await inTrash(eve)], [1, 1, 0]);
  assert.equal((await eve('POST', `/files/${leaf}/restore`)).status, 404);
  assert.equal((await bob('DELETE', `/files/trash/${leaf}`)).status, 403);
  const restored = await bob('POST', `/files/${leaf}/restore`);
  assert.deepEqual([restored.status, restored.body.file.role], [200, 'editor']);
  assert.equal((await feedOf(eve, leaf))?.role, 'editor');
  await bob('DELETE', `/files/${leaf}`);
  await unshare(top.id, bob);
  assert.equal(await inTrash(bob), 0);
  assert.equal((await bob('POST', `/files/${leaf}/restore`)).status, 404);
});

test('shares survive the trash', async () => {
  const top = await ann.folder('comes back');
  const leaf = await file('leaf', top.id);
  await share(leaf, bob, 'editor');
  await ann('DELETE', `/files/${top.id}`);
  assert.equal(await touch(leaf, bob), 'file-not-found');
  assert.equal((await share(leaf, eve)).status, 404);
  const shown = (await bob('GET', '/files/shared-with-me')).body.items.map((item) => item.id);
  assert.ok(!shown.includes(leaf));
  await ann('POST', `/files/${top.id}/restore`);
  assert.equal(await touch(leaf, bob), 'editor');
});

test('leaving', async () => {
  const top = await ann.folder('party');
  await share(top.id, bob);
  await share(top.id, eve);
  assert.equal((await unshare(top.id, eve, bob)).status, 403);
  assert.equal((await unshare(top.id, bob, bob)).status, 204);
  assert.deepEqual(await children(top.id, bob), ['file-not-found']);
  assert.equal((await unshare(top.id, bob, bob)).status, 204, 'again');
  const stranger = await api.person('stranger');
  assert.equal((await unshare(top.id, stranger, stranger)).status, 404);
  assert.equal((await stranger('GET', `/files/${top.id}/shares`)).status, 404);
});

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

test('the owner’s feed tells of a share and of its end: of the file itself alone', async () => {
  const owner = await api.person('feed-owner');
  const top = await owner.folder('told');
  const leaf = await file('leaf', top.id, owner);
  const places = async () => [
    (await feedOf(owner, top.id))?.seq ?? 0,
    (await feedOf(owner, leaf))?.seq ?? 0,
  ];
  const [atFirst = 0, ofLeaf = 0] = await places();
  await share(top.id, bob, 'viewer', owner);
  const [shared = 0, stays] = await places();
  assert.ok(shared > atFirst);
  assert.equal(stays, ofLeaf);
  await share(top.id, bob, 'viewer', owner);
  assert.deepEqual(await places(), [shared, ofLeaf], 'the same again is no news');
  await unshare(top.id, bob, owner);
  const [ended = 0, still] = await places();
  assert.ok(ended > shared);
  assert.equal(still, ofLeaf);
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
