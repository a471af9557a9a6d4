import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { Operation } from '../plan/operation.ts';
import { DirtyNodes } from '../state/dirty-nodes.ts';
import type { SyncState } from '../state/sync-state.ts';
import { MemoryTree } from '../tree/memory-tree.ts';
import { type LocalNode, ROOT, type SyncedNode } from '../tree/node.ts';
import { EditGuard } from './edit-guard.ts';

const file = { parentId: ROOT, key: '', kind: 'file', size: 1 } as const;
const meta = { modifiedAt: 1, executable: false };
const disk = { stamp: '', ctime: '', inode: '', diskName: '' };
const FILES = 30;
const ids = Array.from({ length: FILES }, (_, number) => `${number}`);
const never = () => false;

function send(id: string): Operation {
  const place = { parentId: ROOT, name: id };
  return { kind: 'remote-upload', id, ...place, baseVersion: 1, isEdit: true };
}

describe('very much edited', () => {
  let now: number;
  let guard: EditGuard;
  let local: MemoryTree<LocalNode>;
  let synced: MemoryTree<SyncedNode>;
  /** Nodes that were looked up. */
  let reads = 0;

  const edit = (content: string | null, from: number, to: number) => {
    for (const id of ids.slice(from, to)) {
      local.set({ ...file, ...meta, ...disk, id, name: id, content });
    }
  };
  const dirty = () => {
    const nodes = new DirtyNodes();
    for (const id of ids) {
      const isDirty = local.get(id)?.content !== synced.get(id)?.content;
      nodes.note(id, isDirty ? 'changed' : 'at rest');
    }
    return nodes;
  };
  /** What is edited goes or waits, and the rest is looked at; answers what goes. */
  const plan = (isWaiting: (id: string) => boolean = never, renamed: readonly string[] = []) => {
    const operations = ids.flatMap((id): Operation[] => {
      const content = local.get(id)?.content;
      if (renamed.includes(id))
        return [{ kind: 'remote-move', id, parentId: ROOT, name: `${id}.x` }];
      if (content === null) return [{ kind: 'hash', id }];
      return content === synced.get(id)?.content ? [] : [send(id)];
    });
    const waiting = guard.waiting(operations, isWaiting);
    const going = operations.filter((one) => !waiting.includes(one));
    guard.started(going);
    return going.filter(({ kind }) => kind === 'remote-upload').map(({ id }) => id);
  };
  /** The server has them. */
  const agree = () => {
    for (const { id, content } of [...local.all()]) {
      if (content === null) continue;
      synced.set({ ...file, ...meta, id, name: id, content, version: 2 });
    }
  };

  beforeEach(() => {
    now = 1_000_000;
    local = new MemoryTree();
    synced = new MemoryTree();
    edit('first', 0, FILES);
    agree();
    const counting = <Tree extends object>(tree: Tree): Tree =>
      new Proxy(tree, {
        get(target, name) {
          if (name === 'get') reads++;
          const value = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    const state = {
      trees: { local: counting(local), synced: counting(synced) },
      syncedFiles: () => synced.size,
      get dirty() {
        return dirty();
      },
    } as unknown as SyncState;
    guard = new EditGuard(state, { now: () => now });
  });

  test('waits for a word', () => {
    edit('encrypted', 0, 20);
    assert.deepEqual(plan(), []);
    assert.deepEqual(guard.held, { files: 20, sent: 0, syncedFiles: FILES });
    guard.accept();
    assert.equal(plan().length, 20);
    assert.equal(guard.held, null);
  });

  test('the word holds for what it was asked about: what was sent then counts no more', () => {
    edit('encrypted', 0, 20);
    plan();
    guard.accept();
    plan();
    agree();
    plan();
    edit('edited', 20, FILES);
    assert.equal(plan().length, 10);
    edit('encrypted again', 0, 20);
    assert.deepEqual(plan(), []);
    assert.deepEqual(guard.held, { files: FILES, sent: 10, syncedFiles: FILES });
  });

  test('the word is about what was asked, though some of that keeps failing', () => {
    edit('encrypted', 0, 20);
    plan();
    guard.accept();
    // The server gets none of them.
    assert.equal(plan((id) => Number(id) < 20).length, 20);
    edit('edited', 20, 29);
    edit('encrypted again', 0, 15);
    assert.deepEqual(plan(), ids.slice(15, 20), 'all else was edited after the word');
    assert.deepEqual(guard.held, { files: 24, sent: 0, syncedFiles: FILES });
    guard.accept();
    assert.equal(plan().length, 29);
  });

  test('what wasn’t asked about goes only if it is few', () => {
    edit('encrypted', 0, 20);
    plan();
    edit('edited', 20, FILES);
    guard.accept();
    assert.equal(plan().length, FILES);
    edit('encrypted again', 0, 10);
    assert.deepEqual(
      plan(),
      Array.from({ length: 10 }, (_, number) => `${number + 10}`),
    );
    assert.deepEqual(guard.held, { files: 20, sent: 10, syncedFiles: FILES });
  });

  test('a word that came before the question is about what there is by then', () => {
    guard.accept();
    edit(null, 0, 20);
    edit('encrypted', 20, 25);
    assert.equal(plan().length, 5);
    edit('encrypted', 0, 20);
    assert.equal(plan().length, 25);
    agree();
    plan();
    edit('encrypted again', 0, 25);
    assert.deepEqual(plan(), []);
  });

  test('where nothing is to be asked, a word is spent', () => {
    guard.accept();
    plan();
    edit('encrypted', 0, FILES);
    assert.deepEqual(plan(), []);
  });

  test('what was renamed as well is counted before it has its new name there', () => {
    edit('encrypted', 0, 25);
    assert.deepEqual(plan(never, ids.slice(1, 25)), [], 'the first would go');
    assert.deepEqual(guard.held, { files: 25, sent: 0, syncedFiles: FILES });
    assert.deepEqual(plan(never, ids.slice(0, 25)), []);
    assert.equal(guard.held?.files, 25, 'the question stays open while all of them are renamed');
    guard.accept();
    assert.deepEqual(plan(never, ids.slice(1, 25)), ['0']);
    assert.equal(plan().length, 25);
  });

  test('so is what has to be looked at first', () => {
    edit(null, 0, 25);
    edit('encrypted', 0, 1);
    assert.deepEqual(plan(never, ids.slice(1, 25)), []);
    assert.equal(guard.held, null);
  });

  test('where it can’t be most, no node is looked at', () => {
    edit('edited', 0, 10);
    reads = 0;
    assert.deepEqual(guard.waiting(ids.slice(0, 10).map(send), never), []);
    assert.equal(reads, 0);
  });

  test('a few, or less than half, go', () => {
    edit('edited', 0, 19);
    assert.equal(plan().length, 19);
    assert.equal(guard.held, null);
  });

  test('what was sent in the last minutes counts', () => {
    edit('encrypted', 0, 15);
    assert.equal(plan().length, 15);
    agree();
    now += 60_000;
    edit('encrypted', 15, 25);
    assert.deepEqual(plan(), []);
    assert.deepEqual(guard.held, { files: 25, sent: 15, syncedFiles: FILES });
    // The question doesn't end by itself.
    now += 3_600_000;
    assert.deepEqual(plan(), []);
  });

  test('what was sent long ago doesn’t', () => {
    edit('edited', 0, 15);
    plan();
    agree();
    now += 600_000;
    edit('edited', 15, 25);
    assert.equal(plan().length, 10);
  });

  test('until it has been looked at, what could be edited, too, lets the others wait', () => {
    edit(null, 0, FILES);
    edit('encrypted', 0, 5);
    assert.deepEqual(plan(), []);
    assert.equal(guard.held, null, 'nobody is asked yet');
    // Only its time was another one.
    edit('first', 5, FILES);
    assert.equal(plan().length, 5);
  });

  test('what can’t be looked at keeps nothing back', () => {
    edit(null, 0, FILES);
    edit('edited', 0, 5);
    assert.equal(plan((id) => Number(id) >= 10).length, 5);
  });

  test('at first contact, other content is nobody’s edit', () => {
    for (const id of ids) synced.delete(id);
    edit('here', 0, FILES);
    assert.equal(plan().length, FILES);
  });

  test('who puts back what was, is asked no more', () => {
    edit('encrypted', 0, FILES);
    plan();
    edit('first', 0, FILES);
    assert.deepEqual(plan(), []);
    assert.equal(guard.held, null);
  });
});
