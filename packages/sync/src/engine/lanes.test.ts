import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from '../plan/operation.ts';
import { DiskError } from '../ports/file-system.ts';
import type { Transfers } from '../ports/transfers.ts';
import { MemoryStore } from '../state/memory-store.ts';
import { createSyncState } from '../state/sync-state.ts';
import { type NodeId, ROOT } from '../tree/node.ts';
import { Lanes, type LanesDeps } from './lanes.ts';
import { Turns } from './turns.ts';

/** More than one round. */
const FILES = 3_000;

/** Lanes over so many new files; what they upload ends when the test says so. */
function rig() {
  const state = createSyncState(new MemoryStore());
  const ids = Array.from({ length: FILES }, (_, n) => `f${n}`);
  state.update((trees) => {
    for (const id of ids) {
      const node = { id, parentId: ROOT, name: id, key: id, diskName: id, inode: id } as const;
      const stamp = { size: 1, modifiedAt: 1, executable: false, stamp: '', ctime: '' };
      trees.local.set({ ...node, ...stamp, kind: 'file', content: null });
    }
  });
  const rounds: { readonly ids: readonly string[]; readonly end: () => void }[] = [];
  const upload: Transfers['upload'] = async (items, tell) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    rounds.push({ ids: items.map(({ id }) => id), end: resolve });
    await promise;
    for (const item of items) {
      tell(item, { ok: true, result: { id: item.id, version: 1, content: 'c' } });
    }
  };
  const idle = Promise.withResolvers<void>();
  const disk = new Turns();
  const clock = { turn: async () => {} };
  const ended: (readonly [NodeId, unknown])[] = [];
  const lanes = new Lanes({ state, clock, transfers: { upload } } as unknown as LanesDeps, {
    disk,
    sent() {},
    sentInodes: () => new Set(),
    ended: ({ id }, error) => ended.push([id, error]),
    idle: idle.resolve,
  });
  lanes.begin(new AbortController().signal);
  return { state, lanes, ids, rounds, disk, ended, isIdle: idle.promise };
}

function uploadOf(id: string): Operation {
  const place = { parentId: ROOT, name: id };
  return { kind: 'remote-upload', id, ...place, baseVersion: null, isEdit: false };
}

test('a lane goes on with what was planned, without another plan', async () => {
  const { lanes, ids, rounds, isIdle } = rig();
  lanes.offer(ids.map(uploadOf));
  const first = lanes.start().length;
  assert.ok(first < FILES);
  assert.deepEqual(lanes.start(), [], 'one round at a time');
  rounds[0]?.end();
  await isIdle;
  assert.equal(lanes.start().length, FILES - first);
  assert.deepEqual(
    rounds.flatMap((round) => round.ids),
    ids,
  );
});

test('what has changed since the plan isn’t begun, nor what a newer plan doesn’t say', async () => {
  const { lanes, ids, rounds, isIdle } = rig();
  lanes.offer(ids.map(uploadOf));
  const first = lanes.start().length;
  lanes.withdraw(ids.slice(0, FILES - 2));
  rounds[0]?.end();
  await isIdle;
  assert.deepEqual(
    lanes.start().map(({ id }) => id),
    ids.slice(FILES - 2),
  );
  assert.ok(first < FILES - 2);

  const other = rig();
  other.lanes.offer(other.ids.map(uploadOf));
  other.lanes.offer([uploadOf('f7')]);
  assert.deepEqual(
    other.lanes.start().map(({ id }) => id),
    ['f7'],
  );
});

test('what takes away is planned anew, when it couldn’t begin at once', async () => {
  const { lanes, disk, isIdle } = rig();
  const gate = Promise.withResolvers<void>();
  void disk.run(() => gate.promise);
  lanes.offer([{ kind: 'local-trash', id: 'f1' }]);
  assert.equal(lanes.start().length, 1);
  lanes.offer([
    { kind: 'local-trash', id: 'f2' },
    { kind: 'local-folder', id: 'd', parentId: ROOT, name: 'd' },
  ]);
  assert.deepEqual(lanes.start(), [], 'the disk is busy');
  gate.resolve();
  await isIdle;
  assert.deepEqual(
    lanes.start().map(({ id }) => id),
    ['d'],
  );
});

test('a folder in which something has changed elsewhere doesn’t go from the disk', async () => {
  const { state, lanes, disk, ended, isIdle } = rig();
  const gate = Promise.withResolvers<void>();
  state.update((trees) => {
    const file = trees.local.get('f1');
    const folder = trees.local.get('f2');
    if (file === undefined || folder === undefined) return;
    trees.local.set({ ...folder, kind: 'folder', content: 'd' });
    trees.local.set({ ...file, parentId: folder.id });
  });
  void disk.run(() => gate.promise);
  lanes.offer([{ kind: 'local-trash', id: 'f2' }]);
  lanes.start();
  lanes.withdraw(['f1']);
  gate.resolve();
  await isIdle;
  const [[id, error] = []] = ended;
  assert.equal(id, 'f2');
  assert.ok(error instanceof DiskError && error.code === 'changed');
});
