import { type TransferDeps, type UploadRequest, uploadFile, uploadMany } from '@valise/client';
import { type FileSource, fileSource, type KnownVersions } from '@valise/client-node';
import type { File } from '@valise/core/wire';
import type { Meter } from '../output/meter.ts';
import type { FolderId } from '../paths/remote-tree.ts';
import { concernsAll } from '../run/failure.ts';
import { findBase } from '../versions/find-base.ts';
import { mimeTypeOf } from './mime-type.ts';

/** What became of one path of the command line. */
export interface PutSummary {
  readonly localPath: string;
  readonly remotePath: string;
  /** What is there now, folders and symlinks too. */
  entries: number;
  files: number;
  bytes: number;
  bytesSent: number;
}

/** A local file with its place on the server; opened only when its turn comes. */
export interface PendingFile {
  readonly localPath: string;
  readonly remotePath: string;
  readonly name: string;
  readonly parentId: FolderId;
  readonly size: number;
  /** A file of that name is there already. */
  readonly isReplacement: boolean;
  readonly summary: PutSummary;
}

export interface PutFilesDeps {
  readonly transfer: TransferDeps;
  readonly signal: AbortSignal;
  readonly meter: Meter;
  /** What this device knows of the files there. */
  readonly versions: KnownVersions;
  done(pending: PendingFile, file: File, bytesSent: number): void;
  /** This file alone. */
  failed(pending: PendingFile, error: unknown): Promise<void>;
}

interface PutItem extends UploadRequest {
  readonly pending: PendingFile;
}

/** Small files, many at once in few calls. */
export async function putSmallFiles(
  deps: PutFilesDeps,
  files: AsyncIterable<PendingFile>,
): Promise<void> {
  const { signal, meter } = deps;
  const failures: Promise<void>[] = [];
  await uploadMany(deps.transfer, openEach(deps, files), {
    signal,
    onSent: (bytes) => meter.advance('sending', bytes),
    onOutcome(outcome) {
      const { pending, source } = outcome.item;
      meter.fileEnded();
      if (outcome.kind === 'done') {
        // What the server had already counts as sent, or the bar would never be full.
        meter.advance('sending', source.size - outcome.bytesSent);
        deps.done(pending, outcome.file, outcome.bytesSent);
      } else {
        meter.advance('sending', source.size);
        failures.push(deps.failed(pending, outcome.error));
      }
    },
  });
  await Promise.all(failures);
}

async function* openEach(
  deps: PutFilesDeps,
  files: AsyncIterable<PendingFile>,
): AsyncGenerator<PutItem> {
  for await (const pending of files) {
    const item = await open(deps, pending);
    if (item !== null) yield item;
  }
}

/** Large files, one after the other: each is parallel in itself. */
export async function putLargeFiles(
  deps: PutFilesDeps,
  files: AsyncIterable<PendingFile>,
): Promise<void> {
  for await (const pending of files) {
    const item = await open(deps, pending);
    if (item === null) continue;
    await putLarge(deps, item);
    deps.meter.fileEnded();
  }
}

async function putLarge(deps: PutFilesDeps, item: PutItem): Promise<void> {
  const { meter, signal } = deps;
  const seen = { hashing: 0, sending: 0 };
  const advance = (phase: 'hashing' | 'sending', bytes: number) => {
    meter.advance(phase, bytes - seen[phase]);
    seen[phase] = bytes;
  };
  try {
    const base = await findBase(deps.transfer.api, deps.versions, { place: item, signal });
    const request = { ...item, base };
    const { file, bytesSent, records } = await uploadFile(deps.transfer, request, {
      signal,
      onProgress: ({ phase, bytes }) => {
        if (phase !== 'completing') advance(phase, bytes);
      },
    });
    await deps.versions.remember(file, records);
    deps.done(item.pending, file, bytesSent);
  } catch (error) {
    if (signal.aborted || concernsAll(error)) throw error;
    await deps.failed(item.pending, error);
  }
  advance('hashing', item.source.size);
  advance('sending', item.source.size);
}

async function open(deps: PutFilesDeps, pending: PendingFile): Promise<PutItem | null> {
  try {
    const source: FileSource = fileSource(pending.localPath);
    const { modifiedAt, executable } = source;
    const { name, parentId, isReplacement } = pending;
    const place = { name, parentId, mimeType: mimeTypeOf(name), isReplacement };
    return { pending, source, ...place, modifiedAt, executable };
  } catch (error) {
    if (concernsAll(error)) throw error;
    deps.meter.fileEnded();
    deps.meter.advance('sending', pending.size);
    await deps.failed(pending, error);
    return null;
  }
}
