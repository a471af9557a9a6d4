import { nameKey } from '@valise/core/names';
import {
  type DiskEntry,
  DiskError,
  type FileSystem,
  type LocalPath,
} from '../ports/file-system.ts';
import type { ShareMarks } from '../ports/share-marks.ts';
import type { SyncState } from '../state/sync-state.ts';
import { changeLocalId } from '../tree/change-id.ts';
import { joinPath, localPath } from '../tree/local-path.ts';
import { type LocalNode, type NodeId, ROOT } from '../tree/node.ts';
import { SHARED, SHARED_FOLDER } from '../tree/shared-folder.ts';
import { descendants, type Trees } from '../tree/tree.ts';
import { isLegalName } from './legal-name.ts';
import { type FolderMatches, type Match, matchEntries } from './match-entries.ts';
import { nodeOf } from './node-of-entry.ts';
import { markOf, matchMarked } from './share-marks.ts';

/** Why something on the disk isn't synced. */
export type SkipReason = 'kind' | 'name' | 'case-twin' | 'unreadable';

export interface ScanDeps {
  readonly fs: FileSystem;
  readonly state: SyncState;
  readonly marks: Pick<ShareMarks, 'idOf'>;
  newId(): NodeId;
  isIgnored(path: LocalPath, isFolder: boolean): boolean;
  /** Folders in which something stirred and that it isn't time to look at yet. */
  waiting(): readonly NodeId[];
  /** Told anew with every scan of a folder. */
  onSkipped(folder: NodeId, skipped: readonly Skipped[]): void;
}

export interface Skipped {
  readonly path: LocalPath;
  readonly reason: SkipReason;
}

/** The agent's own folder at the top of the root. */
export const OWN_FOLDER = '.valise';

/**
 * Brings the Local tree up to date with the disk, folder by folder; folders that turn out to be new
 * or to have moved are looked into as well.
 *
 * A node keeps its id when it is found elsewhere under its inode and is no longer where it was. What
 * is missing is taken out only after all folders have been looked at, and those in which something
 * stirs, so that a file moved between two of them is moved, not deleted and made anew. Content is not read: a node whose stamp is
 * another has content that nobody has looked at.
 */
export async function scanFolders(deps: ScanDeps, folders: Iterable<NodeId>): Promise<void> {
  const scan = new FolderScan(deps);
  for (const id of folders) scan.enqueue(id);
  await scan.run();
}

/** Everything, top down. */
export function scanAll(deps: ScanDeps): Promise<void> {
  const scan = new FolderScan(deps, { deep: true });
  scan.enqueue(ROOT);
  return scan.run();
}

class FolderScan {
  readonly #deps: ScanDeps;
  readonly #deep: boolean;
  readonly #queue: NodeId[] = [];
  readonly #queued = new Set<NodeId>();
  /** Not found where they were, with the place that they had. */
  readonly #missing = new Map<NodeId, LocalNode>();

  constructor(deps: ScanDeps, { deep = false } = {}) {
    this.#deps = deps;
    this.#deep = deep;
  }

  enqueue(id: NodeId): void {
    if (this.#queued.has(id)) return;
    this.#queued.add(id);
    this.#queue.push(id);
  }

  async run(): Promise<void> {
    await this.#scanQueued();
    if (this.#missing.size > 0) await this.#lookAhead();
    this.#removeMissing();
  }

  /** What is missed may have come to where it isn't time to look yet. */
  async #lookAhead(): Promise<void> {
    for (const id of this.#deps.waiting()) await this.#scan(id, { isEarly: true });
    await this.#scanQueued();
  }

  /** What was missed, and folders that it may be in; all else there is taken in in its own time. */
  #expected({ found, missing }: FolderMatches): FolderMatches {
    const taken = new Set(missing.map(({ key }) => key));
    const isExpected = ({ entry, node }: Match) => {
      if (taken.has(nameKey(entry.name))) return false;
      return node === undefined ? entry.kind === 'folder' : this.#isMissing(node.id);
    };
    return { found: found.filter(isExpected), missing: [] };
  }

  /** With all that a folder held, when that is missing. */
  #isMissing(id: NodeId): boolean {
    const { local } = this.#deps.state.trees;
    for (let at: NodeId | undefined = id; at !== undefined; at = local.get(at)?.parentId) {
      if (this.#missing.has(at)) return true;
    }
    return false;
  }

  async #scanQueued(): Promise<void> {
    for (let id = this.#queue.shift(); id !== undefined; id = this.#queue.shift()) {
      await this.#scan(id);
    }
  }

  async #scan(folderId: NodeId, { isEarly = false } = {}): Promise<void> {
    const { fs, state } = this.#deps;
    const path = localPath(state.trees.local, folderId);
    if (path === undefined) return;
    const listed = await listOf(fs, path);
    if (listed === 'unreadable') {
      // Nothing is known of what is in it now, so nothing is concluded.
      this.#deps.onSkipped(folderId, [{ path, reason: 'unreadable' }]);
      return;
    }
    if (listed === null) {
      // The folder itself went: its parent's list says how.
      const parent = state.trees.local.get(folderId)?.parentId;
      if (parent !== undefined && !isEarly) this.enqueue(parent);
      return;
    }
    const entries = this.#usable(folderId, path, listed);
    const matched = await matchEntries(this.#deps, { folderId, entries, listed });
    const all = matchMarked(this.#deps.marks, matched, folderId);
    const matches = isEarly ? this.#expected(all) : all;
    state.update((trees) => {
      for (const { entry, node } of matches.found) {
        const known = node && this.#owned(trees, node, folderId);
        const fresh = nodeOf(entry, {
          id: known?.id ?? this.#newId(entry, folderId),
          parentId: folderId,
          known,
        });
        if (fresh !== known) trees.local.set(fresh);
        // As long as it is here it stands for the shares, even if there are none any more.
        if (fresh.id === SHARED && trees.remote.get(SHARED) === undefined) {
          trees.remote.set(SHARED_FOLDER);
        }
        const isNew = known === undefined || known.parentId !== folderId;
        if (fresh.kind === 'folder' && (isNew || this.#deep)) this.enqueue(fresh.id);
        this.#missing.delete(fresh.id);
      }
    });
    for (const node of matches.missing) this.#missing.set(node.id, node);
  }

  /** What was left of a share and is moved out is a new one: its id is somebody else's. */
  #owned(trees: Trees, node: LocalNode, folderId: NodeId): LocalNode {
    const { id, parentId } = node;
    if (parentId !== SHARED || folderId === SHARED) return node;
    if (trees.remote.get(id) !== undefined || trees.synced.get(id) !== undefined) return node;
    const fresh = this.#deps.newId();
    changeLocalId(trees, id, fresh);
    return { ...node, id: fresh };
  }

  #newId(entry: DiskEntry, folderId: NodeId): NodeId {
    const marked = markOf(this.#deps.marks, entry, folderId);
    const isKnown = marked !== undefined && this.#deps.state.trees.local.get(marked) !== undefined;
    return marked === undefined || isKnown ? this.#deps.newId() : marked;
  }

  /** Of names that differ only in case. What was never agreed on may be another one than the server's. */
  #knownSpellings(folderId: NodeId, key: string): readonly string[] {
    const { local, remote, synced } = this.#deps.state.trees;
    const here = local.named(folderId, key);
    const there = remote.named(folderId, key);
    const isAgreed = here.some(({ id }) => synced.get(id) !== undefined);
    if (isAgreed || there.length === 0) return here.map(({ diskName }) => diskName);
    return there.map(({ name }) => name);
  }

  /** What can be synced at all; the rest is told. */
  #usable(folderId: NodeId, path: LocalPath, listed: readonly DiskEntry[]): DiskEntry[] {
    const skipped: Skipped[] = [];
    const spellings = new Map<string, DiskEntry[]>();
    for (const entry of listed) {
      const at = joinPath(path, entry.name);
      const key = nameKey(entry.name);
      if (path === '' && key === OWN_FOLDER) continue;
      if (this.#deps.isIgnored(at, entry.kind === 'folder')) continue;
      if (entry.kind === 'other') skipped.push({ path: at, reason: 'kind' });
      else if (!isLegalName(entry.name)) skipped.push({ path: at, reason: 'name' });
      else spellings.set(key, [...(spellings.get(key) ?? []), entry]);
    }
    const usable: DiskEntry[] = [];
    for (const [key, entries] of spellings) {
      const [only] = entries;
      if (only !== undefined && entries.length === 1) {
        usable.push(only);
        continue;
      }
      const marked = entries.filter(
        (entry) => markOf(this.#deps.marks, entry, folderId) !== undefined,
      );
      const known = new Set([
        ...this.#knownSpellings(folderId, key),
        ...marked.map(({ name }) => name),
      ]);
      const twins = twinsAmong(entries, known);
      usable.push(...entries.filter((entry) => !twins.includes(entry)));
      for (const { name } of twins) {
        skipped.push({ path: joinPath(path, name), reason: 'case-twin' });
      }
    }
    this.#deps.onSkipped(folderId, skipped);
    return usable;
  }

  #removeMissing(): void {
    const { state } = this.#deps;
    state.update((trees) => {
      for (const was of this.#missing.values()) {
        const now = trees.local.get(was.id);
        const isThere = now?.parentId === was.parentId && now.diskName === was.diskName;
        if (!isThere) continue;
        for (const below of descendants(trees.local, was.id)) trees.local.delete(below.id);
        trees.local.delete(was.id);
      }
    });
  }
}

/** Permissions may be missing, or the path be longer than the system takes. */
async function listOf(
  fs: FileSystem,
  path: LocalPath,
): Promise<readonly DiskEntry[] | null | 'unreadable'> {
  try {
    return await fs.list(path);
  } catch (error) {
    if (path !== '' && error instanceof DiskError && error.code === 'refused') return 'unreadable';
    throw error;
  }
}

/**
 * Which of the entries that differ only in case stay out. What is in the tree is never one of them:
 * that would look like a deletion.
 */
function twinsAmong(
  entries: readonly DiskEntry[],
  known: ReadonlySet<string>,
): readonly DiskEntry[] {
  const strangers = entries.filter(({ name }) => !known.has(name));
  if (strangers.length < entries.length) return strangers;
  return strangers.toSorted((left, right) => (left.name < right.name ? -1 : 1)).slice(1);
}
