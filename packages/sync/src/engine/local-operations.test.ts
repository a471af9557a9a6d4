import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiskError } from '../ports/file-system.ts';
import type { SyncState } from '../state/sync-state.ts';
import { MemoryTree } from '../tree/memory-tree.ts';
import { type LocalNode, type RemoteNode, ROOT, type SyncedNode } from '../tree/node.ts';
import { type LocalDeps, placeReceived } from './local-operations.ts';

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
const entry = { ...file, diskName: 'a', stamp: 'next', ctime: '2', inode: '7' };

/** The server has the next content; the Local tree, as the last scan left it, `local`. */
function rig(local: string | null, { isUntouched = true } = {}) {
  const trees = {
    remote: new MemoryTree<RemoteNode>([
      { ...file, content: 'next', version: 2, writable: true, owner: '', share: null },
    ]),
    local: new MemoryTree<LocalNode>([
      { ...file, content: local, stamp: 'now', ctime: '1', inode: '7', diskName: 'a' },
    ]),
    synced: new MemoryTree<SyncedNode>([{ ...file, content: 'old', version: 1 }]),
  };
  const placed: string[] = [];
  const state = { trees, update: (change: (all: typeof trees) => void) => change(trees) };
  const fs = {
    async place(_received: string, path: string) {
      placed.push(path);
      return { entry, isUntouched };
    },
  };
  const deps = { fs, state: state as unknown as SyncState, isIgnored: () => false };
  const place = (kind = 'local-replace') =>
    placeReceived(deps as unknown as LocalDeps, { kind, id: 'f' }, {
      received: 'r',
      content: 'next',
      size: 5,
      modifiedAt: 1,
      executable: false,
    } as never);
  return { place, placed, trees };
}

test('what the server has takes the place of what was agreed on', async () => {
  const { place, placed, trees } = rig('old');
  await place();
  assert.deepEqual(placed, ['a']);
  assert.equal(trees.local.get('f')?.content, 'next');
});

test('what a program writes over it at once is an edit', async () => {
  const { place, trees } = rig('old', { isUntouched: false });
  await place();
  assert.equal(trees.local.get('f')?.content, null);
});

for (const [what, content] of [
  ['an edit that a scan has found since the plan', 'edit'],
  ['content that a scan has found and nobody has looked at', null],
] as const) {
  test(`${what} is not replaced`, async () => {
    const { place, placed } = rig(content);
    await assert.rejects(
      place(),
      (error) => error instanceof DiskError && error.code === 'changed',
    );
    assert.deepEqual(placed, []);
  });
}

test('what was made here while the new file was on its way is not replaced', async () => {
  const { place, placed, trees } = rig(null);
  trees.synced.delete('f');
  await assert.rejects(
    place('local-create'),
    (error) => error instanceof DiskError && error.code === 'changed',
  );
  assert.deepEqual(placed, []);
});
