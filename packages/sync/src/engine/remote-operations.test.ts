import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiskError } from '../ports/file-system.ts';
import type { Server } from '../ports/server.ts';
import type { SyncState } from '../state/sync-state.ts';
import { MemoryTree } from '../tree/memory-tree.ts';
import { type LocalNode, type RemoteNode, ROOT, type SyncedNode } from '../tree/node.ts';
import { runRemoteCall } from './remote-operations.ts';

type DeleteSeen = Parameters<Server['remove']>[1];

const folder = node('a', { parentId: ROOT, kind: 'folder', content: '' });
const known = node('b', { content: 'known' });

function node(name: string, more: Partial<RemoteNode>): RemoteNode {
  return {
    id: name,
    parentId: 'a',
    name,
    key: name,
    kind: 'file',
    content: '',
    size: 1,
    modifiedAt: 1,
    executable: false,
    version: 1,
    writable: true,
    owner: '',
    share: null,
    ...more,
  };
}

/** The folder `a` with `b` in it was deleted here; the server has `remote`, the disk `local`. */
async function removals(remote: readonly RemoteNode[], local: readonly RemoteNode[] = []) {
  const seen: DeleteSeen[] = [];
  const here = local.map((one) => ({ ...one, stamp: '', ctime: '', inode: one.id, diskName: '' }));
  const trees = {
    remote: new MemoryTree<RemoteNode>(remote),
    local: new MemoryTree<LocalNode>(here),
    synced: new MemoryTree<SyncedNode>([folder, known]),
  };
  const server = { remove: async (_id: string, what: DeleteSeen) => void seen.push(what) };
  await runRemoteCall(
    {
      server: server as unknown as Server,
      state: { trees, value: () => 'cursor' } as unknown as SyncState,
    },
    { kind: 'remote-delete', id: 'a' },
  );
  return seen;
}

test('a folder is deleted as far as its cursor has seen it', async () => {
  assert.deepEqual(await removals([folder, known]), [{ cursor: 'cursor' }]);
});

for (const [what, there, local] of [
  ['something new', [folder, known, node('c', {})], []],
  ['an edit', [folder, node('b', { content: 'edited', version: 2 })], []],
  ['something deep', [folder, node('d', { kind: 'folder' }), node('e', { parentId: 'd' })], []],
  ['something that is still here', [folder, known], [node('b', { parentId: ROOT })]],
] as const) {
  test(`it is not deleted when ${what} came into it since the plan`, async () => {
    await assert.rejects(
      removals(there, local),
      (error) => error instanceof DiskError && error.code === 'changed',
    );
  });
}
