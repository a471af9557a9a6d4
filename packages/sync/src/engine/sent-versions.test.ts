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

/** Version 2 was sent from here; `later` is what has happened by the time that the feed says so. */
function baseAfter(later: { readonly there: RemoteNode; readonly here: LocalNode }, isNew = false) {
  const state = createSyncState(new MemoryStore());
  const sent = new SentVersions();
  state.update((trees) => {
    if (!isNew) trees.synced.set({ ...file, id: 'f', content: 'first', version: 1 });
    trees.local.set(local('sent'));
  });
  sent.note('f', { content: 'sent', version: 2 });
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
