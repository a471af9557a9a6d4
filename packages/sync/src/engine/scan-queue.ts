import { nameKey } from '@valise/core/names';
import type { Operation } from '../plan/operation.ts';
import type { Clock } from '../ports/clock.ts';
import type { LocalPath } from '../ports/file-system.ts';
import { localPath } from '../tree/local-path.ts';
import { type LocalNode, type NodeId, ROOT } from '../tree/node.ts';
import { descendants, type TreeReader } from '../tree/tree.ts';

/** A folder is looked at when nothing in it has stirred for so long … */
const QUIET_MS = 30;
/** … or after this, if it never stops. */
const PATIENCE_MS = 500;

interface Stirred {
  readonly first: number;
  readonly last: number;
  /** Which folder the path named when something stirred there: it may have moved since. */
  readonly id: NodeId;
}

/** Folders in which something happened, and when it is time to look. */
export class ScanQueue {
  readonly #clock: Clock;
  readonly #folders = new Map<LocalPath, Stirred>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    return this.#folders.size === 0;
  }

  hint(tree: TreeReader<LocalNode>, path: LocalPath): void {
    const now = this.#clock.now();
    const before = this.#folders.get(path);
    const id = before?.id ?? nearestFolder(tree, path);
    this.#folders.set(path, { first: before?.first ?? now, last: now, id });
  }

  /** An operation met something else than was known: whatever it touches is looked at. */
  again(tree: TreeReader<LocalNode>, operation: Operation): void {
    const folders: NodeId[] = [];
    if ('parentId' in operation) folders.push(operation.parentId);
    const node = tree.get(operation.id);
    if (node !== undefined) folders.push(node.parentId);
    if (node?.kind === 'folder') {
      const below = descendants(tree, node.id).filter(({ kind }) => kind === 'folder');
      folders.push(node.id, ...below.map(({ id }) => id));
    }
    for (const id of folders) {
      const path = id === ROOT ? '' : localPath(tree, id);
      if (path !== undefined) this.hint(tree, path);
    }
  }

  /** Takes out the folders whose time has come; of one that isn't known yet, the one above it. */
  due(tree: TreeReader<LocalNode>): NodeId[] {
    const now = this.#clock.now();
    const ids = new Set<NodeId>();
    for (const [path, stirred] of this.#folders) {
      if (dueIn(stirred, now) > 0) continue;
      this.#folders.delete(path);
      ids.add(nearestFolder(tree, path));
      ids.add(stirred.id);
    }
    return [...ids];
  }

  /** The others. */
  waiting(tree: TreeReader<LocalNode>): NodeId[] {
    const ids = [...this.#folders].flatMap(([path, { id }]) => [nearestFolder(tree, path), id]);
    return [...new Set(ids)];
  }

  clear(): void {
    this.#folders.clear();
  }

  nextDue(): number {
    const now = this.#clock.now();
    let due = Number.POSITIVE_INFINITY;
    for (const stirred of this.#folders.values()) due = Math.min(due, dueIn(stirred, now));
    return due;
  }
}

/** A clock that was set back doesn't make anybody wait longer. */
function dueIn({ first, last }: Stirred, now: number): number {
  if (now < last) return 0;
  return Math.min(last + QUIET_MS, first + PATIENCE_MS) - now;
}

function nearestFolder(tree: TreeReader<LocalNode>, path: LocalPath): NodeId {
  let id: NodeId = ROOT;
  if (path === '') return id;
  for (const name of path.split('/')) {
    const child = tree.named(id, nameKey(name)).find(({ diskName }) => diskName === name);
    if (child?.kind !== 'folder') return id;
    id = child.id;
  }
  return id;
}
