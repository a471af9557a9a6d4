import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateOf } from '../testing/state-text.ts';
import { renewHidden } from './renew-hidden.ts';

test('what was made under an id that stays out of sight gets another; what is seen keeps its own', () => {
  const state = stateOf({
    remote: [{ id: 'n1', name: 'seen', kind: 'folder' }],
    local: [
      { id: 'n1', name: 'seen', kind: 'folder' },
      { id: 'n2', name: 'hidden', kind: 'folder' },
      { id: 'n3', in: 'n2', name: 'a', content: 'one' },
    ],
    synced: [],
  });
  renewHidden(state, ['n1', 'n2', 'gone'], () => 'fresh');
  const ids = (parentId: string) => state.trees.local.children(parentId).map(({ id }) => id);
  assert.deepEqual(ids('root').sort(), ['fresh', 'n1']);
  assert.deepEqual(ids('fresh'), ['n3']);
});
