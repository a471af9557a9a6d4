import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SyncState } from '../state/sync-state.ts';
import { MemoryTree } from '../tree/memory-tree.ts';
import { type LocalNode, type RemoteNode, ROOT } from '../tree/node.ts';
import { massDeletion } from './delete-guard.ts';

const file = { parentId: ROOT, key: '', kind: 'file', content: 'c', size: 1 } as const;
const meta = { modifiedAt: 1, executable: false };
const ids = ['1', '2', '3', '4'];

/** Four files here, of which the server has `kept`; all are to go from here. */
function deletionOf(kept: readonly string[]) {
  const disk = { stamp: '', ctime: '', inode: '', diskName: '' };
  const there = { version: 1, writable: true, owner: '', share: null };
  const trees = {
    local: new MemoryTree<LocalNode>(
      ids.map((id) => ({ ...file, ...meta, ...disk, id, name: id, key: id })),
    ),
    remote: new MemoryTree<RemoteNode>(
      kept.map((id) => ({ ...file, ...meta, ...there, id, name: id, key: id })),
    ),
  };
  const state = { trees, syncedFiles: () => ids.length } as unknown as SyncState;
  const operations = ids.map((id) => ({ kind: 'local-trash', id }) as const);
  return massDeletion(state, operations);
}

test('most of what is here is not deleted without a question', () => {
  assert.deepEqual(deletionOf([]), { files: 4, syncedFiles: 4 });
});

test('what the server keeps may go from here without one', () => {
  assert.equal(deletionOf(ids), null);
});
