import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RandomSource } from '../testing/random-source.ts';
import { TripleMaker } from '../testing/random-triple.ts';
import { MemoryStore } from './memory-store.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { stateStoreContract } from './state-store.contract.ts';

stateStoreContract('memory', () => new MemoryStore());
stateStoreContract('sqlite', () => openSqliteStore(':memory:'));

test('sqlite: what was noted outlives the process, a failed transaction leaves nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'valise-state-'));
  try {
    const path = join(folder, 'sync.db');
    const store = openSqliteStore(path);
    store.setValue('cursor', 'kept');
    assert.throws(() =>
      store.transaction(() => {
        store.setValue('cursor', 'lost');
        throw new Error('on the way');
      }),
    );
    assert.throws(() => openSqliteStore(path), /locked/);
    store.close();
    const again = openSqliteStore(path);
    assert.equal(again.value('cursor'), 'kept');
    again.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('sqlite: a folder is as it was after a failed transaction, however it is asked for', () => {
  const store = openSqliteStore(':memory:');
  const [folder] = [...new TripleMaker(new RandomSource(7)).triple().synced.all()].filter(
    ({ kind }) => kind === 'folder',
  );
  assert.ok(folder !== undefined);
  store.trees.synced.set(folder);
  assert.equal(store.trees.synced.get(folder.id)?.name, folder.name);
  assert.throws(() =>
    store.transaction(() => {
      store.trees.synced.set({ ...folder, name: 'another' });
      assert.equal(store.trees.synced.get(folder.id)?.name, 'another');
      throw new Error('on the way');
    }),
  );
  assert.equal(store.trees.synced.get(folder.id)?.name, folder.name);
  store.close();
});
