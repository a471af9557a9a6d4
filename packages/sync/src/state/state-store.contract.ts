import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomSource } from '../testing/random-source.ts';
import { TripleMaker } from '../testing/random-triple.ts';
import { restIn } from '../tree/settle.ts';
import type { StateStore } from './sync-state.ts';

/** What every store of the agent's memory must do. */
export function stateStoreContract(name: string, open: () => StateStore): void {
  test(`${name}: trees answer what was put into them, by id, folder, place and inode`, () => {
    const store = open();
    const { remote, local, synced } = new TripleMaker(new RandomSource(7)).triple();
    const trees = [
      [store.trees.remote, remote],
      [store.trees.local, local],
      [store.trees.synced, synced],
    ] as const;
    for (const node of remote.all()) store.trees.remote.set({ ...node, writable: false });
    for (const node of remote.all()) store.trees.remote.set(node);
    const share = { name: 'plans', sharedBy: 'Ann', sharedAt: 7 };
    const [first] = remote.all();
    assert.ok(first !== undefined);
    store.trees.remote.set({ ...first, owner: 'ann', share });
    assert.deepEqual(store.trees.remote.get(first.id)?.share, share);
    assert.equal(store.trees.remote.get(first.id)?.owner, 'ann');
    for (const node of local.all()) store.trees.local.set({ ...node, inode: `of-${node.id}` });
    for (const node of synced.all()) store.trees.synced.set(node);
    for (const [kept, given] of trees) {
      for (const { id, parentId, key, content } of given.all()) {
        assert.equal(kept.get(id)?.content, content);
        assert.ok(kept.children(parentId).some((child) => child.id === id));
        assert.deepEqual(
          kept.named(parentId, key).map((child) => child.id),
          [id],
        );
      }
      assert.equal([...kept.all()].length, given.size);
    }
    for (const { id } of local.all()) {
      assert.deepEqual(
        store.localByInode(`of-${id}`).map((node) => node.id),
        [id],
      );
    }
  });

  test(`${name}: finds the same dirty nodes as looking at each`, () => {
    for (let seed = 1; seed <= 40; seed++) {
      const store = open();
      const { remote, local, synced } = new TripleMaker(new RandomSource(seed)).triple();
      for (const node of remote.all()) store.trees.remote.set(node);
      for (const node of local.all()) store.trees.local.set(node);
      for (const node of synced.all()) store.trees.synced.set(node);
      const ids = new Set([...remote.all(), ...local.all(), ...synced.all()].map(({ id }) => id));
      const expected = [...ids].map((id) => [id, restIn(store.trees, id)] as const);
      assert.deepEqual(
        [...store.restless()].sort(),
        expected.filter(([, rest]) => rest !== 'at rest').sort(),
      );
      const files = [...synced.all()].filter(({ kind }) => kind !== 'folder').length;
      assert.equal(store.syncedFiles(), files);
    }
  });

  test(`${name}: its files are counted as they come and go`, () => {
    const store = open();
    const { synced } = new TripleMaker(new RandomSource(11)).triple();
    const [file] = [...synced.all()].filter(({ kind }) => kind !== 'folder');
    assert.ok(file !== undefined);
    assert.equal(store.syncedFiles(), 0);
    store.trees.synced.set(file);
    assert.equal(store.syncedFiles(), 1);
    store.trees.synced.set({ ...file, name: 'again' });
    assert.equal(store.syncedFiles(), 1);
    store.trees.synced.delete(file.id);
    assert.equal(store.syncedFiles(), 0);
  });

  test(`${name}: a node that is put again moves; a deleted one is gone; values stay`, () => {
    const store = open();
    const { synced } = new TripleMaker(new RandomSource(11)).triple();
    const [node] = synced.all();
    assert.ok(node !== undefined);
    store.trees.synced.set(node);
    store.trees.synced.set({ ...node, parentId: 'elsewhere' });
    assert.equal(store.trees.synced.children(node.parentId).length, 0);
    assert.equal(store.trees.synced.children('elsewhere').length, 1);
    store.trees.synced.delete(node.id);
    assert.equal(store.trees.synced.get(node.id), undefined);
    store.setValue('cursor', 'a');
    assert.equal(store.value('cursor'), 'a');
    store.setValue('cursor', null);
    assert.equal(store.value('cursor'), null);
  });
}
