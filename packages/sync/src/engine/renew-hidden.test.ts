import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '../state/memory-store.ts';
import { createSyncState } from '../state/sync-state.ts';
import { readTriple } from '../testing/triple-text.ts';
import { renewHidden } from './renew-hidden.ts';

test('what was made under an id that stays out of sight gets another; what is seen keeps its own', () => {
  const state = createSyncState(new MemoryStore());
  const { local, remote } = readTriple({
    remote: [{ id: 'n1', name: 'seen', kind: 'folder' }],
    local: [
      { id: 'n1', name: 'seen', kind: 'folder' },
      { id: 'n2', name: 'hidden', kind: 'folder' },
      { id: 'n3', in: 'n2', name: 'a', content: 'one' },
    ],
    synced: [],
  });
  state.update((trees) => {
    for (const node of remote.all()) trees.remote.set(node);
    for (const node of local.all()) trees.local.set(node);
  });
  renewHidden(state, ['n1', 'n2', 'gone'], () => 'fresh');
  const ids = (parentId: string) => state.trees.local.children(parentId).map(({ id }) => id);
  assert.deepEqual(ids('root').sort(), ['fresh', 'n1']);
  assert.deepEqual(ids('fresh'), ['n3']);
});
