import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiskError } from '../ports/file-system.ts';
import type { Server } from '../ports/server.ts';
import type { SyncState } from '../state/sync-state.ts';
import { MemoryTree } from '../tree/memory-tree.ts';
import { type LocalNode, type RemoteNode, ROOT, type SyncedNode } from '../tree/node.ts';
import { runRemoteCall } from './remote-operations.ts';

type Seen = Parameters<Server['remove']>[1];

const file = {
  id: 'f',
  parentId: ROOT,
  name: 'a',
  key: 'a',
  kind: 'file',
  size: 5,
  modifiedAt: 1,
  executable: false,
} as const;

/** Deletes at the server what was deleted here, as the trees stand when the call's turn comes. */
async function deleteThere(
  remote: { readonly content: string; readonly version: number },
  synced: { readonly content: string; readonly version: number } | null,
): Promise<readonly Seen[]> {
  const trees = {
    remote: new MemoryTree<RemoteNode>([
      { ...file, ...remote, writable: true, owner: '', share: null },
    ]),
    local: new MemoryTree<LocalNode>([]),
    synced: new MemoryTree<SyncedNode>(synced === null ? [] : [{ ...file, ...synced }]),
  };
  const seen: Seen[] = [];
  const server: Pick<Server, 'remove'> = {
    async remove(_id, what) {
      seen.push(what);
    },
  };
  const deps = { server: server as Server, state: { trees } as unknown as SyncState };
  await runRemoteCall(deps, { kind: 'remote-delete', id: 'f' });
  return seen;
}

test('a deletion names the version that was seen here', async () => {
  const old = { content: 'old', version: 1 };
  assert.deepEqual(await deleteThere(old, old), [{ version: 1 }]);
  assert.deepEqual(await deleteThere({ content: 'edit', version: 2 }, old), [{ version: 1 }]);
  assert.deepEqual(await deleteThere({ content: 'old', version: 3 }, old), [{ version: 3 }]);
});

test('what has lost its merge base since the plan is not deleted', async () => {
  await assert.rejects(
    deleteThere({ content: 'edit', version: 2 }, null),
    (error) => error instanceof DiskError && error.code === 'changed',
  );
});
