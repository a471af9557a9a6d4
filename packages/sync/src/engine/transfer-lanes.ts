import { isClientError } from '@valise/client';
import type { Operation } from '../plan/operation.ts';
import { identityOf } from '../ports/file-system.ts';
import type { Downloaded, DownloadItem, Transfers, UploadItem } from '../ports/transfers.ts';
import type { SyncState } from '../state/sync-state.ts';
import { localPath } from '../tree/local-path.ts';
import type { NodeId } from '../tree/node.ts';
import { type PlaceDeps, placeReceived } from './local-operations.ts';
import type { Origin, SentVersion } from './sent-versions.ts';
import type { Turns } from './turns.ts';

export type UploadOperation = Extract<Operation, { readonly kind: 'remote-upload' }>;
export type DownloadOperation = Extract<
  Operation,
  { readonly kind: 'local-create' } | { readonly kind: 'local-replace' }
>;

export interface TransferDeps extends PlaceDeps {
  readonly transfers: Transfers;
  readonly disk: Turns;
  readonly signal: AbortSignal;
  /** The server accepted that. */
  sent(id: NodeId, version: SentVersion): void;
  /** Null: done. */
  ended(id: NodeId, error: unknown): void;
}

/** Sends contents; what was sent is what the Local tree then knows, if the file is still so. */
export async function uploadFiles(
  deps: TransferDeps,
  operations: readonly UploadOperation[],
): Promise<void> {
  const { state, transfers, signal, updates } = deps;
  const items: UploadItem[] = [];
  const origins = new Map<NodeId, Origin>();
  for (const { id, parentId, name, baseVersion, isEdit } of operations) {
    const node = state.trees.local.get(id);
    const path = localPath(state.trees.local, id);
    if (node === undefined || path === undefined) deps.ended(id, null);
    else {
      const { size, modifiedAt, executable, inode, stamp } = node;
      origins.set(id, { id, parentId, name, inode, stamp });
      const identity = identityOf(node);
      const file = { size, modifiedAt, executable, identity };
      items.push({ id, path, parentId, name, baseVersion, isEdit, ...file });
    }
  }
  if (items.length === 0) return;
  const noted: Promise<void>[] = [];
  const note = async (sent: KnownContent) => {
    const { id } = sent;
    try {
      await updates.run(() => setContent(state, sent));
      deps.ended(id, null);
    } catch (error) {
      deps.ended(id, error);
    }
  };
  const tell: Parameters<Transfers['upload']>[1] = ({ id, identity }, outcome) => {
    const origin = origins.get(id);
    if (!outcome.ok || origin === undefined) {
      deps.ended(id, outcome.ok ? null : outcome.error);
      return;
    }
    const { content, version } = outcome.result;
    deps.sent(outcome.result.id, { content, version, origin });
    noted.push(note({ id, identity, content }));
  };
  await transfers.upload(items, tell, signal);
  await Promise.all(noted);
}

export async function downloadFiles(
  deps: TransferDeps,
  operations: readonly DownloadOperation[],
): Promise<void> {
  const { state, transfers, disk, signal } = deps;
  const byId = new Map<NodeId, DownloadOperation>();
  const items: DownloadItem[] = [];
  for (const operation of operations) {
    const { id } = operation;
    const node = state.trees.remote.get(id);
    byId.set(id, operation);
    if (node === undefined) deps.ended(id, null);
    else items.push({ id, node, path: localPath(state.trees.local, id) ?? null });
  }
  if (items.length === 0) return;
  const place = async (id: NodeId, downloaded: Downloaded) => {
    const operation = byId.get(id);
    if (operation !== undefined) await disk.share(() => placeReceived(deps, operation, downloaded));
  };
  const tell: Parameters<Transfers['download']>[1] = async ({ id }, outcome) => {
    if (!outcome.ok) return deps.ended(id, outcome.error);
    try {
      await place(id, outcome.result);
      deps.ended(id, null);
    } catch (error) {
      deps.ended(id, error);
    }
  };
  await transfers.download(items, tell, signal);
}

/** Looks at contents, one after the other: the disk and the threads behind are busy with one. */
export async function hashFiles(deps: TransferDeps, ids: readonly NodeId[]): Promise<void> {
  const { state, transfers, signal } = deps;
  for (const id of ids) {
    const node = state.trees.local.get(id);
    const path = localPath(state.trees.local, id);
    if (node === undefined || path === undefined) {
      deps.ended(id, null);
      continue;
    }
    try {
      const identity = identityOf(node);
      const content = await transfers.hash(path, identity, signal);
      setContent(state, { id, identity, content });
      deps.ended(id, null);
    } catch (error) {
      signal.throwIfAborted();
      deps.ended(id, error);
    }
  }
}

interface KnownContent {
  readonly id: NodeId;
  readonly identity: string;
  readonly content: string;
}

/** A file that went on changing keeps its unknown content. */
function setContent(state: SyncState, known: KnownContent): void {
  const node = state.trees.local.get(known.id);
  if (node === undefined || identityOf(node) !== known.identity) return;
  if (node.content === known.content) return;
  state.update((trees) => trees.local.set({ ...node, content: known.content }));
}

/** The file is being written: look at it again, soon. */
export function isChanging(error: unknown): boolean {
  return isClientError(error, 'content-changed');
}
