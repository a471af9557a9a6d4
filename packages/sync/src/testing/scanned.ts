import assert from 'node:assert/strict';
import { type DiskTraits, PLAIN_DISK } from '../fakes/disk-traits.ts';
import { FakeDisk } from '../fakes/fake-disk.ts';
import { fakeFileSystem } from '../fakes/fake-file-system.ts';
import { DiskError, type LocalPath } from '../ports/file-system.ts';
import { type ScanDeps, type Skipped, scanAll, scanFolders } from '../scan/scan-folders.ts';
import { MemoryStore } from '../state/memory-store.ts';
import { createSyncState, type SyncState } from '../state/sync-state.ts';
import { localPath } from '../tree/local-path.ts';
import { type LocalNode, type NodeId, ROOT } from '../tree/node.ts';
import { descendants } from '../tree/tree.ts';

/** A disk, what is known of it, and scans. */
export class Scanned {
  readonly disk: FakeDisk;
  readonly store = new MemoryStore();
  readonly state: SyncState;
  readonly skipped = new Map<NodeId, readonly Skipped[]>();
  readonly ignored = new Set<LocalPath>();
  /** Folders without permission to read them. */
  readonly locked = new Set<LocalPath>();
  /** Folders in which something stirred that are yet to be looked at. */
  waiting: readonly NodeId[] = [];
  /** Which share is which, by inode. */
  readonly marks = new Map<string, NodeId>();
  ids = 0;
  #now = 1_800_000_000_000;

  constructor(traits: DiskTraits = PLAIN_DISK) {
    this.disk = new FakeDisk(traits, () => this.#now);
    this.state = createSyncState(this.store);
  }

  get deps(): ScanDeps {
    const fs = fakeFileSystem(this.disk, new Map(), async (work) => work());
    const list = async (path: LocalPath) => {
      if (this.locked.has(path)) throw new DiskError('refused', 'You may not read it.');
      return fs.list(path);
    };
    return {
      fs: { ...fs, list },
      state: this.state,
      marks: { idOf: (inode) => this.marks.get(inode) },
      newId: () => {
        this.ids++;
        return `n${this.ids}`;
      },
      isIgnored: (path) => this.ignored.has(path),
      waiting: () => this.waiting,
      onSkipped: (folder, skipped) => this.skipped.set(folder, skipped),
    };
  }

  all(): Promise<void> {
    return scanAll(this.deps);
  }

  only(...folders: readonly NodeId[]): Promise<void> {
    return scanFolders(this.deps, folders);
  }

  /** So that the next write has another time. */
  later(): void {
    this.#now += 5_000;
  }

  at(path: LocalPath): LocalNode {
    const node = this.nodes().get(path);
    assert.ok(node !== undefined, `${path} isn't in the tree: ${[...this.nodes().keys()]}`);
    return node;
  }

  nodes(): Map<LocalPath, LocalNode> {
    const { local } = this.state.trees;
    return new Map(descendants(local, ROOT).map((node) => [localPath(local, node.id) ?? '', node]));
  }

  /** As if all that is known had been agreed on with the server. */
  agree(): void {
    this.state.update((trees) => {
      for (const node of [...trees.local.all()]) {
        const content = node.content ?? `of ${node.id}`;
        trees.local.set({ ...node, content });
        const { id, parentId, name, key, kind, size, modifiedAt, executable } = node;
        const base = { id, parentId, name, key, kind, content, size, modifiedAt, executable };
        trees.synced.set({ ...base, version: 1 });
        trees.remote.set({ ...base, version: 1, writable: true, owner: '', share: null });
      }
    });
  }
}
