import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiskError } from '../ports/file-system.ts';
import { stateOf } from '../testing/state-text.ts';
import { ROOT } from '../tree/node.ts';
import { JointUpdates } from './joint-updates.ts';
import { type PlaceDeps, placeReceived } from './local-operations.ts';

const file = { id: 'f', name: 'a' };
const received = { content: 'next', size: 5, modifiedAt: 1, executable: false } as const;

/** The server has the next content; the Local tree, as the last scan left it, `local`. */
function rig(local: string | null, { isUntouched = true } = {}) {
  const state = stateOf({
    remote: [{ ...file, content: 'next', version: 2 }],
    local: [local === null ? { ...file, unseen: true } : { ...file, content: local }],
    synced: [{ ...file, content: 'old' }],
  });
  const placed: string[] = [];
  const fs = {
    async place(_received: string, path: string) {
      placed.push(path);
      const entry = { ...received, name: 'a', kind: 'file', stamp: 'next', ctime: '2', inode: '7' };
      return { entry, isUntouched };
    },
  };
  const updates = new JointUpdates(state, { turn: async () => {} });
  const deps = { fs, state, updates, isIgnored: () => false } as unknown as PlaceDeps;
  const place = (kind = 'local-replace') =>
    placeReceived(deps, { kind, id: 'f' }, { received: 'r', ...received } as never);
  return { place, placed, state };
}

test('what the server has takes the place of what was agreed on', async () => {
  const { place, placed, state } = rig('old');
  await place();
  assert.deepEqual(placed, ['a']);
  assert.equal(state.trees.local.get('f')?.content, 'next');
});

test('what a program writes over it at once is an edit', async () => {
  const { place, state } = rig('old', { isUntouched: false });
  await place();
  assert.equal(state.trees.local.get('f')?.content, null);
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
  const { place, placed, state } = rig(null);
  state.update((trees) => trees.synced.delete('f'));
  await assert.rejects(
    place('local-create'),
    (error) => error instanceof DiskError && error.code === 'changed',
  );
  assert.deepEqual(placed, []);
});

test('what gets that id while the new file is put into place stays; the new one is left to a scan', async () => {
  const there = [{ ...file, content: 'next', version: 2 }];
  const state = stateOf({ remote: there, local: [], synced: [] });
  const mine = stateOf({
    remote: [],
    local: [{ ...file, name: 'A', content: 'mine' }],
    synced: [],
  });
  const adopted = mine.trees.local.get('f');
  assert.ok(adopted !== undefined);
  const fs = {
    async place() {
      state.update((trees) => trees.local.set(adopted));
      const entry = { ...received, name: 'a', kind: 'file', stamp: 'next', ctime: '2', inode: '7' };
      return { entry, isUntouched: true };
    },
  };
  const updates = new JointUpdates(state, { turn: async () => {} });
  const deps = { fs, state, updates, isIgnored: () => false } as unknown as PlaceDeps;
  const operation = { kind: 'local-create', id: 'f', parentId: ROOT, name: 'a' };
  await assert.rejects(
    placeReceived(deps, operation, { received: 'r', ...received } as never),
    (error) => error instanceof DiskError && error.code === 'changed',
  );
  assert.equal(state.trees.local.get('f')?.content, 'mine');
});
