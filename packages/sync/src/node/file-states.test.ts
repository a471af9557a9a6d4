import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '../state/memory-store.ts';
import { createSyncState } from '../state/sync-state.ts';
import { ROOT, type TreeNode } from '../tree/node.ts';
import { type FileStateSources, fileStates, waitingFiles } from './file-states.ts';

const disk = { stamp: '', ctime: '', inode: '' };
const there = { version: 1, writable: true, owner: '', share: null };

function node(path: string, content: string | null): TreeNode & { readonly content: string } {
  const names = path.split('/');
  const name = names.at(-1) ?? '';
  const meta = { size: 1, modifiedAt: 1, executable: false };
  const parentId = names.slice(0, -1).join('/') || ROOT;
  const kind = content === '' ? 'folder' : 'file';
  // What nobody has looked at is null on the disk alone.
  return { ...meta, id: path, parentId, name, key: name, kind, content: content as string };
}

function sources(
  trees: Readonly<Record<'remote' | 'local' | 'synced', Readonly<Record<string, string | null>>>>,
  others: Partial<FileStateSources> = {},
): FileStateSources {
  const state = createSyncState(new MemoryStore());
  state.update(({ remote, local, synced }) => {
    for (const [path, content] of Object.entries(trees.remote)) {
      remote.set({ ...node(path, content), ...there });
    }
    for (const [path, content] of Object.entries(trees.local)) {
      local.set({ ...node(path, content), ...disk, diskName: path.split('/').at(-1) ?? '' });
    }
    for (const [path, content] of Object.entries(trees.synced)) {
      synced.set({ ...node(path, content), version: 1 });
    }
  });
  return { state, problems: [], waitsFor: null, isLeftOut: () => false, ...others };
}

const TREES = {
  remote: { docs: '', 'docs/same': 'a', 'docs/edited': 'a', 'docs/there': 'b', gone: 'a' },
  local: { docs: '', 'docs/same': 'a', 'docs/edited': 'b', 'docs/new': null, wrong: 'c' },
  synced: { docs: '', 'docs/same': 'a', 'docs/edited': 'a', gone: 'a' },
};

test('each file of a folder: in step, waiting and for what', () => {
  const states = fileStates(sources(TREES), 'docs');
  assert.deepEqual(
    states.map(({ path, state, reason }) => [path, state, reason]),
    [
      ['docs/edited', 'waiting', 'changed here, to be sent'],
      ['docs/new', 'waiting', 'to be sent'],
      ['docs/same', 'synced', ''],
      ['docs/there', 'waiting', 'to be received'],
    ],
  );
});

test('one file, why not, and what the whole sync waits for', () => {
  const problem = { path: 'wrong', reason: 'you may not read this' };
  const paused = sources(TREES, { problems: [problem], waitsFor: 'the sync is paused' });
  assert.deepEqual(fileStates(paused, 'wrong'), [{ ...problem, state: 'problem' }]);
  const [gone] = fileStates(paused, 'gone');
  assert.equal(gone?.reason, 'deleted here; the sync is paused');
  const waiting = waitingFiles(paused).toArray();
  assert.ok(!waiting.some(({ path }) => path === 'wrong'));
  assert.equal(waiting.length, 4);
});

test('what is left out, and what is not there at all', () => {
  const some = sources(TREES, { isLeftOut: (path) => path.startsWith('films') });
  assert.equal(fileStates(some, 'films/a')[0]?.state, 'left out');
  assert.equal(fileStates(some, 'nowhere')[0]?.state, 'unknown');
});
