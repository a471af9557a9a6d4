import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '../state/memory-store.ts';
import { createSyncState } from '../state/sync-state.ts';
import { ROOT } from '../tree/node.ts';
import { JointUpdates } from './joint-updates.ts';

function rig() {
  const store = new MemoryStore();
  let transactions = 0;
  const counting = Object.assign(store, {
    transaction<T>(work: () => T): T {
      transactions++;
      return work();
    },
  });
  const state = createSyncState(counting);
  const turns: (() => void)[] = [];
  const turn = () => new Promise<void>((resolve) => turns.push(resolve));
  const updates = new JointUpdates(state, { turn });
  const put = (id: string) =>
    updates.run((trees) => {
      const node = { id, parentId: ROOT, name: id, key: id, diskName: id, inode: id } as const;
      const stamp = { size: 1, modifiedAt: 1, executable: false, stamp: '', ctime: '' };
      trees.local.set({ ...node, ...stamp, kind: 'file', content: null });
    });
  return { state, updates, put, turns, transactions: () => transactions };
}

test('what comes within one turn is taken in at once', async () => {
  const { put, turns, state, transactions } = rig();
  const done = Promise.all([put('a'), put('b')]);
  assert.equal(state.trees.local.get('a'), undefined);
  turns.shift()?.();
  await done;
  assert.equal(transactions(), 1);
  assert.ok(state.trees.local.get('a') && state.trees.local.get('b'));
  const later = put('c');
  turns.shift()?.();
  await later;
  assert.equal(transactions(), 2);
});

test('all of it fails together, and the next goes on', async () => {
  const { put, updates, turns, state } = rig();
  const failing = updates.run(() => {
    throw new Error('full');
  });
  const beside = put('a');
  turns.shift()?.();
  await assert.rejects(failing, /full/);
  await assert.rejects(beside, /full/);
  const later = put('b');
  turns.shift()?.();
  await later;
  assert.ok(state.trees.local.get('b'));
});
