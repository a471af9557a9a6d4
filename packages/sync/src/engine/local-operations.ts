import { nameKey } from '@valise/core/names';
import { contentOperation } from '../plan/content-operation.ts';
import type { LocalOperation } from '../plan/operation.ts';
import {
  type DiskEntry,
  DiskError,
  type FileSystem,
  identityOf,
  type LocalPath,
} from '../ports/file-system.ts';
import type { ShareMarks } from '../ports/share-marks.ts';
import type { Downloaded } from '../ports/transfers.ts';
import { isLegalName } from '../scan/legal-name.ts';
import { nodeOf } from '../scan/node-of-entry.ts';
import type { SyncState } from '../state/sync-state.ts';
import { joinPath, localPath } from '../tree/local-path.ts';
import { type LocalNode, type NodeId, type Place, type RemoteNode, ROOT } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';
import { descendants } from '../tree/tree.ts';
import type { JointUpdates } from './joint-updates.ts';
import { markShares } from './mark-shares.ts';

export type LocalCall = Exclude<
  LocalOperation,
  { readonly kind: 'local-create' } | { readonly kind: 'local-replace' }
>;

export interface LocalDeps {
  readonly fs: FileSystem;
  readonly state: SyncState;
  readonly marks: ShareMarks;
  isIgnored(path: LocalPath, isFolder: boolean): boolean;
}

/**
 * One change of the disk, after a last look at what is there: it only touches what still is as the
 * Local tree has it, else it fails with `changed`, `missing` or `occupied`. Runs while no scan does,
 * so that disk and tree change together.
 */
export async function runLocalCall(deps: LocalDeps, operation: LocalCall): Promise<void> {
  const { fs, state } = deps;
  const { id } = operation;
  switch (operation.kind) {
    case 'local-folder':
    case 'local-symlink': {
      const remote = state.trees.remote.get(id);
      if (remote === undefined) return;
      const path = placePath(deps, operation);
      const entry = await (operation.kind === 'local-folder'
        ? fs.makeFolder(path)
        : fs.makeSymlink(path, remote.content.slice(2)));
      take(deps, entry, { id, parentId: operation.parentId, like: remote });
      return;
    }
    case 'local-move': {
      const { node, path } = await unchanged(deps, id);
      const entry = await fs.move(path, placePath(deps, operation));
      const { parentId } = operation;
      state.update((trees) => {
        trees.local.set(nodeOf(entry, { id, parentId, known: node }));
      });
      return;
    }
    case 'local-meta': {
      const remote = state.trees.remote.get(id);
      const { node, path } = await unchanged(deps, id);
      if (remote === undefined) return;
      const entry = await fs.setMeta(path, remote);
      state.update((trees) => {
        // A write that slipped in before now carries this time: only a look at the content tells.
        const { stamp, ctime } = entry;
        trees.local.set({ ...node, ...metaOf(remote), stamp, ctime, content: null });
      });
      return;
    }
    case 'local-trash':
      return trash(deps, id);
    default:
      operation satisfies never;
  }
}

export interface PlaceDeps extends LocalDeps {
  readonly updates: JointUpdates;
}

/** Puts received content into its place: new, or instead of what the Local tree knows. */
export async function placeReceived(
  deps: PlaceDeps,
  operation: { readonly kind: string; readonly id: NodeId } & Partial<Place>,
  { received, ...file }: Downloaded,
): Promise<void> {
  const { fs, state, updates } = deps;
  const { id } = operation;
  const remote = state.trees.remote.get(id);
  const node = state.trees.local.get(id);
  if (remote === undefined) return;
  // Newer than what is known of the server, it would look like an edit that was made here.
  if (!remote.writable && file.content !== remote.content) {
    throw new DiskError('changed', `${remote.name} was changed there meanwhile.`);
  }
  const parentId = node?.parentId ?? operation.parentId ?? remote.parentId;
  const name = node === undefined ? (operation.name ?? remote.name) : node.diskName;
  const path = placePath(deps, { parentId, name });
  if (node !== undefined || operation.kind === 'local-replace') expectNoEdit(state, id, path);
  const { entry, isUntouched } = await fs.place(received, path, {
    replaces: node === undefined ? null : identityOf(node),
  });
  let isOvertaken = false;
  await updates.run((trees) => {
    const now = trees.local.get(id);
    isOvertaken = (now && identityOf(now)) !== (node && identityOf(node));
    // Something else goes by that id by now: a scan will tell what this is.
    if (isOvertaken) return;
    const fresh = nodeOf(entry, { id, parentId, known: undefined });
    // What was written there since is an edit that nobody has looked at.
    trees.local.set(isUntouched ? { ...fresh, ...file } : fresh);
  });
  if (isOvertaken) throw changed(path);
  if (parentId === SHARED) markShares(state, deps.marks);
}

/**
 * What a scan has seen since the plan was made is in the Local tree already, so that the disk being as
 * that tree has it doesn't say that nobody edited the file meanwhile; or made it, where none was.
 */
function expectNoEdit({ trees }: SyncState, id: NodeId, path: LocalPath): void {
  const views = { remote: trees.remote.get(id), local: trees.local.get(id) };
  const next = contentOperation(id, { ...views, synced: trees.synced.get(id) });
  if (next?.kind !== 'local-replace') throw changed(path);
}

async function trash(deps: LocalDeps, id: NodeId): Promise<void> {
  const { fs, state } = deps;
  const { node, path } = await unchanged(deps, id);
  for (const below of [node, ...descendants(state.trees.local, id)]) {
    // As in `expectNoEdit`: a scan may have brought the Local tree up to an edit since the plan.
    const agreed = state.trees.synced.get(below.id);
    if (agreed === undefined || below.content !== agreed.content) throw changed(path);
  }
  if (node.kind === 'folder') await expectUnchangedBelow(deps, id, path);
  await fs.trash(path);
  state.update((trees) => {
    for (const below of [...descendants(trees.local, id), node]) {
      trees.local.delete(below.id);
      // The server has it where it isn't wanted here: remembered, it would count as deleted here.
      if (trees.remote.get(below.id) !== undefined) trees.synced.delete(below.id);
    }
  });
}

/** Everything in a folder is known and as it was. */
async function expectUnchangedBelow(deps: LocalDeps, id: NodeId, path: LocalPath): Promise<void> {
  const children = new Map(
    deps.state.trees.local.children(id).map((node) => [node.diskName, node]),
  );
  for (const entry of (await deps.fs.list(path)) ?? []) {
    const known = children.get(entry.name);
    if (known === undefined) {
      // What is never synced (ignored, a socket, a twin) goes along into the trash.
      if (!isNews(deps, { id, path }, entry)) continue;
      throw changed(joinPath(path, entry.name));
    }
    if (identityOf(known) !== identityOf(entry)) throw changed(joinPath(path, entry.name));
    if (known.kind === 'folder') {
      await expectUnchangedBelow(deps, known.id, joinPath(path, entry.name));
    }
  }
}

/** Something that the next scan will take in. */
function isNews(
  { state, isIgnored }: LocalDeps,
  folder: { readonly id: NodeId; readonly path: LocalPath },
  { name, kind }: DiskEntry,
): boolean {
  if (kind === 'other' || !isLegalName(name)) return false;
  if (isIgnored(joinPath(folder.path, name), kind === 'folder')) return false;
  return state.trees.local.named(folder.id, nameKey(name)).length === 0;
}

async function unchanged(
  { fs, state }: LocalDeps,
  id: NodeId,
): Promise<{ readonly node: LocalNode; readonly path: LocalPath }> {
  const node = state.trees.local.get(id);
  const path = localPath(state.trees.local, id);
  if (node === undefined || path === undefined) throw new DiskError('missing', `${id} went.`);
  const entry = await fs.look(path);
  if (entry === null) throw new DiskError('missing', `${path} went.`);
  if (identityOf(entry) !== identityOf(node)) throw changed(path);
  return { node, path };
}

function changed(path: LocalPath): DiskError {
  return new DiskError('changed', `${path} changed meanwhile.`);
}

function placePath({ state }: LocalDeps, { parentId, name }: Place): LocalPath {
  const folder = parentId === ROOT ? '' : localPath(state.trees.local, parentId);
  if (folder === undefined) throw new DiskError('missing', `The folder of ${name} went.`);
  return joinPath(folder, name);
}

function take(
  { state, marks }: LocalDeps,
  entry: DiskEntry,
  {
    id,
    parentId,
    like,
  }: { readonly id: NodeId; readonly parentId: NodeId; readonly like: RemoteNode },
): void {
  state.update((trees) => {
    const node = nodeOf(entry, { id, parentId, known: undefined });
    trees.local.set({ ...node, ...metaOf(like) });
  });
  if (id === SHARED || parentId === SHARED) markShares(state, marks);
}

function metaOf({ modifiedAt, executable }: RemoteNode) {
  return { modifiedAt, executable };
}
