import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readTriple } from '../testing/triple-text.ts';
import { plan } from './plan.ts';

/** What is planned where somebody shares `a`, and `here` lies at its name, unknown to the agent. */
function planned(here: object) {
  const folder = { id: 'shared', name: 'Shared with me', kind: 'folder', readOnly: true } as const;
  const there = { id: 'n0001', in: 'shared', name: 'a', owner: 'ann', shared: true } as const;
  const trees = readTriple({
    remote: [folder, { ...there, content: 'theirs' }],
    local: [folder, { id: 'new', in: 'shared', name: 'a', ...here }],
    synced: [folder],
  });
  const { operations } = plan(trees, ['n0001', 'new'], {
    isIgnored: () => false,
    isDeselected: () => false,
    conflictName: (name) => `${name} (copy)`,
  });
  return operations.map((one) => [one.kind, one.id, ...('name' in one ? [one.name] : [])]);
}

describe('a file at the name of one that is shared', () => {
  test('is looked at first', () => {
    assert.deepEqual(planned({ unseen: true, content: 'theirs' }), [['hash', 'new']]);
  });

  test('is that one, where it holds the same', () => {
    assert.deepEqual(planned({ content: 'theirs' }), [['adopt', 'new']]);
  });

  test('steps aside, where it holds something else or is none', () => {
    assert.deepEqual(planned({ content: 'mine' }), [['local-move', 'new', 'a (copy)']]);
    assert.deepEqual(planned({ kind: 'folder' }), [['local-move', 'new', 'a (copy)']]);
  });
});
