import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Client } from '../tree/test-api.ts';
import { startSharing } from './test-sharing.ts';

const { api, ann, bob, eve, file, share, unshare, feedOf } = await startSharing();
after(() => api.close());

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
