import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '../state/memory-store.ts';
import { createSyncState } from '../state/sync-state.ts';
import { type LocalNode, type RemoteNode, ROOT, type TreeNode } from '../tree/node.ts';
import { SentVersions } from './sent-versions.ts';

const file = {
  parentId: ROOT,
  name: 'a',
  key: 'a',
  kind: 'file',
  size: 1,
  modifiedAt: 1,
  executable: false,
} as const satisfies Omit<TreeNode, 'id' | 'content'>;

function remote(content: string, version: number): RemoteNode {
  return { ...file, id: 'f', content, version, writable: true, owner: '', share: null };
}

function local(content: string | null): LocalNode {
  return { ...file, id: 'f', content, stamp: '', ctime: '', inode: '1', diskName: 'a' };
}

const origin = { id: 'f', inode: '1', stamp: 'then', parentId: ROOT, name: 'a' };

/** Version 2 was sent from here; `later` is what has happened by the time that the feed says so. */
function baseAfter(later: { readonly there: RemoteNode; readonly here: LocalNode }, isNew = false) {
  const state = createSyncState(new MemoryStore());
  const sent = new SentVersions();
  state.update((trees) => {
    if (!isNew) trees.synced.set({ ...file, id: 'f', content: 'first', version: 1 });
    trees.local.set(local('sent'));
  });
  sent.note('f', { content: 'sent', version: 2, origin });
  state.update((trees) => trees.local.set(later.here));
  state.update((trees) => trees.remote.set(later.there));
  sent.agree(state);
  return state.trees.synced.get('f');
}

test('an edit that followed at once is one of what was sent', () => {
  for (const isNew of [false, true]) {
    const base = baseAfter({ there: remote('sent', 2), here: local(null) }, isNew);
    assert.deepEqual([base?.content, base?.version], ['sent', 2]);
  }
});

test('so is one that followed while somebody else edited it, too', () => {
  const base = baseAfter({ there: remote('another’s', 3), here: local('sent') });
  assert.deepEqual([base?.content, base?.version], ['sent', 2]);
});

test('as long as the feed hasn’t come that far, nothing is agreed', () => {
  const base = baseAfter({ there: remote('first', 1), here: local(null) });
  assert.equal(base?.version, 1);
});

/** A new file `l` was sent as `a`, and is `f` at the server; `here` is what the disk has by then. */
function newFileAfter(here: readonly LocalNode[]) {
  const state = createSyncState(new MemoryStore());
  const sent = new SentVersions();
  sent.note('f', { content: 'sent', version: 1, origin: { ...origin, id: 'l' } });
  state.update((trees) => {
    for (const node of here) trees.local.set(node);
    trees.remote.set(remote('sent', 1));
  });
  sent.agree(state);
  const { local: there, synced } = state.trees;
  const base = synced.get('f');
  const paths = there.children(ROOT).map(({ id, name }) => `${id} at ${name}`);
  return { paths, base: base && `${base.content} at ${base.name}` };
}

test('a new file that was renamed while it was sent is that one, under another name', () => {
  const here = { ...local('sent'), id: 'l', name: 'b', key: 'b', diskName: 'b' };
  assert.deepEqual(newFileAfter([here]), { paths: ['f at b'], base: 'sent at a' });
});

test('so is one that a scan took for another, because it was edited as well', () => {
  const here = { ...local(null), id: 'm', name: 'b', key: 'b', diskName: 'b' };
  assert.deepEqual(newFileAfter([here]), { paths: ['f at b'], base: 'sent at a' });
});

test('so is one that has another hard link, which is known', () => {
  const state = createSyncState(new MemoryStore());
  const sent = new SentVersions();
  sent.note('f', { content: 'sent', version: 1, origin: { ...origin, id: 'l' } });
  const link = { name: 'b', key: 'b', diskName: 'b' };
  state.update((trees) => {
    trees.local.set({ ...local('sent'), ...link, id: 'known' });
    trees.remote.set({ ...remote('sent', 1), id: 'known', name: 'b', key: 'b' });
    trees.local.set({ ...local(null), id: 'm', name: 'c', key: 'c', diskName: 'c' });
    trees.remote.set(remote('sent', 1));
  });
  sent.agree(state);
  assert.equal(state.trees.local.get('f')?.name, 'c');
  assert.equal(state.trees.local.get('known')?.name, 'b');
});

test('one that was deleted counts as deleted', () => {
  assert.deepEqual(newFileAfter([]), { paths: [], base: 'sent at a' });
  const another = { ...local('another'), id: 'm', inode: '2' };
  assert.deepEqual(newFileAfter([another]), { paths: ['m at a'], base: 'sent at a' });
});

test('where a folder is by now, nothing is concluded', () => {
  const here = { ...local(''), id: 'l', kind: 'folder' } as const;
  assert.deepEqual(newFileAfter([here]), { paths: ['l at a'], base: undefined });
});

test('what was deleted there while an edit was sent is no new file when it comes back', () => {
  const state = createSyncState(new MemoryStore());
  const sent = new SentVersions();
  state.update((trees) => trees.local.set({ ...local('sent'), id: 'renewed' }));
  sent.note('f', { content: 'sent', version: 2, origin });
  state.update((trees) => trees.remote.set({ ...remote('sent', 2), name: 'b', key: 'b' }));
  sent.agree(state);
  assert.equal(state.trees.local.get('f')?.name, 'a');
  assert.equal(state.trees.synced.get('f')?.name, 'a');
});

test('a file that got the inode of what was deleted here is no edit of that', () => {
  const others: readonly (readonly [Partial<LocalNode>, string | undefined])[] = [
    [{ content: null, stamp: 'later' }, undefined],
    [{ content: 'another', stamp: 'later' }, undefined],
    [{ content: null, stamp: 'then' }, 'b'],
    [{ content: 'sent', stamp: 'later' }, 'b'],
  ];
  for (const [here, name] of others) {
    const state = createSyncState(new MemoryStore());
    const sent = new SentVersions();
    const place = { id: 'l', name: 'b', key: 'b', diskName: 'b' };
    state.update((trees) => trees.local.set({ ...local(null), ...place, ...here }));
    sent.note('f', { content: 'sent', version: 2, origin });
    state.update((trees) => trees.remote.set(remote('sent', 2)));
    sent.agree(state);
    assert.equal(state.trees.local.get('f')?.name, name);
  }
});

test('an edit that was sent had been seen by whoever then deleted it here', () => {
  const state = createSyncState(new MemoryStore());
  const sent = new SentVersions();
  state.update((trees) => {
    trees.synced.set({ ...file, id: 'f', content: 'first', version: 1 });
    trees.remote.set(remote('first', 1));
  });
  sent.note('f', { content: 'sent', version: 2, origin });
  state.update((trees) => trees.remote.set(remote('sent', 2)));
  sent.agree(state);
  assert.equal(state.trees.synced.get('f')?.content, 'sent');
});
