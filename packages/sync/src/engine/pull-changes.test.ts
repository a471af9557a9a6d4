import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeServer } from '../fakes/fake-server.ts';
import { MemoryStore } from '../state/memory-store.ts';
import { createSyncState } from '../state/sync-state.ts';
import { SHARED } from '../tree/shared-folder.ts';
import { pullChanges } from './pull-changes.ts';

test('a share that ends takes nothing along that is shared by itself, nor what lies in that', async () => {
  const server = new FakeServer();
  const [ann, bob] = [server.account('ann'), server.account('bob')];
  ann.createFolder('outer', { parentId: 'root', name: 'outer' });
  ann.createFolder('inner', { parentId: 'outer', name: 'inner' });
  ann.createFolder('in it', { parentId: 'inner', name: 'a' });
  for (const id of ['outer', 'inner']) server.share(id, 'bob', 'editor');
  const state = createSyncState(new MemoryStore());
  const pull = () =>
    pullChanges({
      server: { changes: async (since) => bob.changes(since) },
      state,
      signal: new AbortController().signal,
    });
  await pull();
  server.share('outer', 'bob', null);
  await pull();
  const { remote } = state.trees;
  assert.equal(remote.get('outer'), undefined);
  assert.equal(remote.get('inner')?.parentId, SHARED);
  assert.equal(remote.get('in it')?.parentId, 'inner');
});
