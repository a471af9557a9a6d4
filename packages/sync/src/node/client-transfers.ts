import { join } from 'node:path';
import {
  ClientError,
  downloadFile,
  downloadMany,
  isClientError,
  type KnownVersion,
  type LocalContent,
  type TransferDeps,
  type UploadRequest,
  uploadMany,
} from '@valise/client';
import { type FileSource, fileSink, fileSource, type KnownVersions } from '@valise/client-node';
import { SINGLE_PUT_LIMIT } from '@valise/core/plan';
import type { File } from '@valise/core/wire';
import { DiskError, type FileSystem, identityOf, type LocalPath } from '../ports/file-system.ts';
import type {
  Downloaded,
  DownloadItem,
  Outcome,
  Transfers,
  UploadItem,
} from '../ports/transfers.ts';
import { SHARED } from '../tree/shared-folder.ts';
import { folderId } from './client-server.ts';
import { DISK_FULL } from './disk-errors.ts';
import type { Disk } from './disk-looks.ts';
import { expectName } from './node-file-system.ts';
import { roomIn } from './room-in.ts';

export interface ClientTransfersDeps {
  readonly root: string;
  /** Where received files wait for their place. */
  readonly received: string;
  readonly fs: FileSystem;
  readonly disk: Disk;
  readonly transfer: TransferDeps;
  /** Chunk lists of large files: of an edit only the difference is told. */
  readonly versions: KnownVersions;
  mimeTypeOf(name: string): string;
  /** Bytes on their way, for whoever watches. */
  onBytes?(direction: 'up' | 'down', bytes: number): void;
}

/** Smaller files are quicker fetched whole than compared. */
const WORTH_COMPARING = SINGLE_PUT_LIMIT;

interface SyncUpload extends UploadRequest {
  readonly item: UploadItem;
}

/** The Transfers port over the client's uploader and downloader. */
export function clientTransfers(deps: ClientTransfersDeps): Transfers {
  return {
    async upload(items, tell, signal) {
      const remembered: Promise<void>[] = [];
      await uploadMany(deps.transfer, sources(deps, items, tell), {
        signal,
        onSent: (bytes) => deps.onBytes?.('up', bytes),
        onOutcome(outcome) {
          const { item } = outcome.item;
          if (outcome.kind === 'failed') {
            tell(item, { ok: false, error: outcome.error });
            return;
          }
          const { file, sent, records } = outcome;
          const { fingerprint: content, version } = sent;
          tell(item, { ok: true, result: { id: file.id, version, content } });
          remembered.push(deps.versions.remember(file, records));
        },
      });
      await Promise.all(remembered);
    },
    async download(items, tell, signal) {
      const told: Promise<void>[] = [];
      const named = await namedForHere(deps, items, tell);
      const holdable = await withRoomHere(deps, named, tell);
      const large = holdable.filter(
        ({ node, path }) => path !== null && node.size > WORTH_COMPARING,
      );
      for (const item of large)
        await tell(item, await outcomeOf(() => receiveLarge(deps, item, signal)));
      const small = holdable.filter((item) => !large.includes(item));
      await downloadMany(
        deps.transfer,
        small.map((item) => sinkFor(deps, item)),
        {
          signal,
          onReceived: (bytes) => deps.onBytes?.('down', bytes),
          onOutcome(outcome) {
            const { item } = outcome.item;
            const result: Outcome<Downloaded> =
              outcome.kind === 'failed'
                ? { ok: false, error: outcome.error }
                : { ok: true, result: downloaded(deps, item, outcome.result.file) };
            told.push(tell(item, result));
          },
        },
      );
      await Promise.all(told);
    },
    async hash(path, identity, signal) {
      const source = await openUnchanged(deps, path, identity);
      try {
        const { fingerprint } = await deps.transfer.hasher.hash(source, { signal });
        await expectIdentity(deps, path, identity);
        return fingerprint;
      } finally {
        await source.close();
      }
    },
  };
}

async function* sources(
  deps: ClientTransfersDeps,
  items: readonly UploadItem[],
  tell: (item: UploadItem, outcome: { readonly ok: false; readonly error: unknown }) => void,
): AsyncGenerator<SyncUpload> {
  for (const item of items) {
    try {
      const base = await baseOf(deps, item);
      const source = await openUnchanged(deps, item.path, item.identity);
      const { id, name, parentId, baseVersion, executable, modifiedAt, isEdit } = item;
      yield {
        item,
        source,
        name,
        ...(isEdit ? { fileId: id, parentId: null } : { parentId: folderId(parentId) }),
        mimeType: deps.mimeTypeOf(name),
        modifiedAt: new Date(modifiedAt),
        executable,
        baseVersion,
        // What is edited here was received and verified here, or sent from here.
        ...(baseVersion === null ? {} : { baseVerified: true }),
        base,
      };
    } catch (error) {
      tell(item, { ok: false, error });
    }
  }
}

/** The version that was edited, chunk by chunk, if it is remembered. */
async function baseOf(
  { versions }: ClientTransfersDeps,
  { id, parentId, name, size, baseVersion }: UploadItem,
): Promise<KnownVersion | null> {
  if (baseVersion === null || size <= WORTH_COMPARING) return null;
  // What is shared by itself has no folder that this person sees.
  const place = { parentId: parentId === SHARED ? null : folderId(parentId), name };
  const known = await versions.find(place);
  if (known?.fileId !== id || known.version !== baseVersion) return null;
  return { version: baseVersion, records: known.records, verified: true };
}

/** The source goes on only while the file is the one that was planned for. */
async function openUnchanged(
  deps: ClientTransfersDeps,
  path: LocalPath,
  identity: string,
): Promise<FileSource> {
  const source = openSource(deps, path);
  try {
    await expectIdentity(deps, path, identity);
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Whatever a program has open for itself alone is still being written. */
function openSource({ root, disk }: ClientTransfersDeps, path: LocalPath): FileSource {
  try {
    return fileSource(join(root, path));
  } catch (error) {
    const { cause } = error as { readonly cause?: unknown };
    if (!disk.platform.isBusy(cause)) throw error;
    throw new ClientError('content-changed', `${path}: a program has it open: close it there.`, {
      cause,
    });
  }
}

async function expectIdentity(
  { fs }: ClientTransfersDeps,
  path: LocalPath,
  identity: string,
): Promise<void> {
  const entry = await fs.look(path);
  if (entry !== null && identityOf(entry) === identity) return;
  throw new ClientError('content-changed', `${path} changed meanwhile.`);
}

function receivedPath({ received }: ClientTransfersDeps, { id }: DownloadItem): string {
  return join(received, id);
}

/** A file that can't fit would fill the disk before it fails, and keep all others from coming. */
async function withRoomHere(
  { received }: ClientTransfersDeps,
  items: readonly DownloadItem[],
  tell: Parameters<Transfers['download']>[1],
): Promise<readonly DownloadItem[]> {
  if (items.every(({ node }) => node.size <= SINGLE_PUT_LIMIT)) return items;
  const room = await roomIn(received);
  const fitting: DownloadItem[] = [];
  for (const item of items) {
    if (item.node.size <= Math.max(room, SINGLE_PUT_LIMIT)) fitting.push(item);
    else await tell(item, { ok: false, error: new DiskError('refused', DISK_FULL) });
  }
  return fitting;
}

/** Those whose names this disk can hold: of the others no byte is fetched. */
async function namedForHere(
  { disk }: ClientTransfersDeps,
  items: readonly DownloadItem[],
  tell: Parameters<Transfers['download']>[1],
): Promise<readonly DownloadItem[]> {
  const holdable: DownloadItem[] = [];
  for (const item of items) {
    try {
      expectName(disk, item.path ?? item.node.name);
      holdable.push(item);
    } catch (error) {
      await tell(item, { ok: false, error });
    }
  }
  return holdable;
}

function sinkFor(deps: ClientTransfersDeps, item: DownloadItem) {
  const { node } = item;
  const { executable } = node;
  const sink = fileSink(receivedPath(deps, item), {
    modifiedAt: new Date(node.modifiedAt),
    executable,
    isPassingThrough: true,
  });
  // What `downloadMany` reads of a listing.
  const file = fileOf(node);
  const older = (signal: AbortSignal) => olderVersion(deps, item, signal);
  return { item, sink, file, ...(item.path === null ? {} : { older }) };
}

function fileOf({
  id,
  name,
  size,
  content,
  version,
  modifiedAt,
  executable,
}: DownloadItem['node']): File {
  const time = new Date(modifiedAt).toISOString();
  return {
    id,
    kind: 'file',
    name,
    parentId: null,
    ownerId: '',
    role: 'viewer',
    size,
    mimeType: null,
    fingerprint: content.startsWith('v1:') ? content : null,
    status: 'uploaded',
    version,
    executable,
    modifiedAt: time,
    createdAt: time,
    updatedAt: time,
    createdBy: '',
    sharedRoot: false,
  };
}

/** A large file of which an older version is here: only what differs is fetched. */
async function receiveLarge(
  deps: ClientTransfersDeps,
  item: DownloadItem,
  signal: AbortSignal,
): Promise<Downloaded> {
  const { sink } = sinkFor(deps, item);
  const older = await olderVersion(deps, item, signal);
  try {
    let seen = 0;
    const { file, records } = await downloadFile(
      deps.transfer,
      { fileId: item.id, sink, ...(older === null ? {} : { reuse: [older] }) },
      {
        signal,
        onProgress({ phase, bytes }) {
          if (phase === 'receiving') deps.onBytes?.('down', bytes - seen);
          seen = bytes;
        },
      },
    );
    await deps.versions.remember(file, records);
    return downloaded(deps, item, file);
  } finally {
    await older?.source.close();
  }
}

/** Null where nothing is there, or nothing that keeps still. */
async function olderVersion(
  { root, transfer }: ClientTransfersDeps,
  { path }: DownloadItem,
  signal: AbortSignal,
): Promise<LocalContent | null> {
  if (path === null) return null;
  let source: FileSource | null = null;
  try {
    source = fileSource(join(root, path));
    const { records, fingerprint } = await transfer.hasher.hash(source, { signal });
    return { source, records, fingerprint };
  } catch (error) {
    await source?.close();
    // What happens to it here is the scan's business; without it more is fetched.
    if (isClientError(error, 'local-file') || isClientError(error, 'content-changed')) return null;
    throw error;
  }
}

function downloaded(deps: ClientTransfersDeps, item: DownloadItem, file: File): Downloaded {
  return {
    received: receivedPath(deps, item),
    content: contentOf(file),
    // The sink gave it the time and mode that were known when it was begun.
    modifiedAt: item.node.modifiedAt,
    executable: item.node.executable,
  };
}

function contentOf({ id, fingerprint, version }: File): string {
  return fingerprint ?? `${id}@${version}`;
}

async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, result: await work() };
  } catch (error) {
    return { ok: false, error };
  }
}
