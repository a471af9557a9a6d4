import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { Operation } from '../plan/operation.ts';
import { MemoryStore } from '../state/memory-store.ts';
import { createSyncState } from '../state/sync-state.ts';
import { type NodeId, ROOT, type SyncedNode } from '../tree/node.ts';
import { Questions } from './questions.ts';

const FILES = 3_000;
const ids = Array.from({ length: FILES }, (_, number) => `${number}`);
const never = () => false;

function file(id: NodeId, parentId: NodeId): SyncedNode {
  const meta = { size: 1, modifiedAt: 1, executable: false, content: 'c', version: 1 };
  return { ...meta, id, parentId, name: id, key: id, kind: 'file' };
}

/** Half of the files lie in one folder; all are at rest here until they are deleted. */
describe('very much deleted', () => {
  let questions: Questions;
  const remove = (gone: readonly NodeId[]) => {
    const operations = gone.map((id): Operation => ({ kind: 'remote-delete', id }));
    return questions.allow(operations, never).operations.map(({ id }) => id);
  };

  beforeEach(() => {
    const state = createSyncState(new MemoryStore());
    state.update(({ remote, synced }) => {
      const folder = { ...file('folder', ROOT), kind: 'folder', content: '' } as const;
      const nodes = ids.map((id, number) => file(id, number % 2 === 0 ? 'folder' : ROOT));
      for (const node of [folder, ...nodes]) {
        synced.set(node);
        remote.set({ ...node, writable: true, owner: '', share: null });
      }
    });
    questions = new Questions(state, { now: () => 1 });
  });

  test('goes when that is meant', () => {
    const gone = ids.slice(0, 2_000);
    assert.deepEqual(remove(gone), []);
    assert.equal(questions.held?.files, 2_000);
    questions.answer({ acceptDeletes: true });
    assert.deepEqual(remove(gone), gone);
    assert.equal(questions.held, null);
  });

  test('what is deleted after the answer is another question, and what was meant goes on', () => {
    const meant = ids.slice(0, 1_200);
    remove(meant);
    questions.answer({ acceptDeletes: true });
    remove(meant);
    const left = meant.slice(1_000);
    assert.deepEqual(remove([...left, ...ids.slice(1_200, 2_900)]), left);
    assert.equal(questions.held?.files, 1_700);
    assert.deepEqual(remove([...left, ...ids.slice(1_200, 1_300)]).length, 300);
  });

  test('a folder whose files were meant to go is no further question', () => {
    const inside = ids.filter((_, number) => number % 2 === 0);
    remove(inside);
    questions.answer({ acceptDeletes: true });
    remove(inside);
    assert.deepEqual(remove(['folder']), ['folder']);
  });

  test('whoever says so before anything is asked is asked nothing, once', () => {
    questions.answer({ acceptDeletes: true });
    assert.equal(remove(ids).length, FILES);
    remove([]);
    assert.deepEqual(remove(ids), []);
  });
});
