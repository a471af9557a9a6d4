import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
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
