import {
  type DownloadItem,
  type DownloadResult,
  downloadFile,
  downloadMany,
  type LocalContent,
  type TransferDeps,
} from '@valise/client';
import { fileSink, type KnownVersions } from '@valise/client-node';
import type { File } from '@valise/core/wire';
import type { Meter, MeterPhase } from '../output/meter.ts';
import { concernsAll } from '../run/failure.ts';
import { look } from './local-place.ts';
import { openOlderCopy } from './older-copy.ts';

/** What became of the path on the command line. */
export interface GetSummary {
  readonly localPath: string;
  readonly remotePath: string;
  /** What is here now, folders and symlinks too. */
  entries: number;
  files: number;
  bytes: number;
  bytesReceived: number;
  unchanged: number;
}

/** A remote file with its place here. */
export interface WantedFile {
  readonly file: File;
  readonly localPath: string;
  readonly remotePath: string;
}

export interface GetFilesDeps {
  readonly transfer: TransferDeps;
  readonly signal: AbortSignal;
  readonly meter: Meter;
  /** What this device knows of the files there. */
  readonly versions: KnownVersions;
  done(wanted: WantedFile, result: DownloadResult): void;
  /** This file alone. */
  failed(wanted: WantedFile, error: unknown): void;
}

interface GetItem extends DownloadItem {
  readonly wanted: WantedFile;
}

/** Small files, many at once in few calls. */
export async function getSmallFiles(
  deps: GetFilesDeps,
  files: AsyncIterable<WantedFile>,
): Promise<void> {
  const { transfer, signal, meter, done, failed } = deps;
  await downloadMany(transfer, itemsOf(deps, files), {
    signal,
    onReceived: (bytes) => meter.advance('receiving', bytes),
    onOutcome(outcome) {
      meter.fileEnded();
      const { wanted } = outcome.item;
      if (outcome.kind === 'done') done(wanted, outcome.result);
      else failed(wanted, outcome.error);
    },
  });
}

async function* itemsOf(
  { transfer, meter }: GetFilesDeps,
  files: AsyncIterable<WantedFile>,
): AsyncGenerator<GetItem> {
  const onHashed = (bytes: number) => meter.advance('verifying', bytes);
  for await (const wanted of files) {
    const { file, localPath } = wanted;
    const item = { wanted, file, sink: sinkFor(wanted) };
    const older: DownloadItem['older'] = (signal) =>
      openOlderCopy(transfer.hasher, localPath, { signal, onHashed });
    yield (await look(localPath)) === null ? item : { ...item, older };
  }
}

/** Large files, one after the other: each is parallel in itself. */
export async function getLargeFiles(
  deps: GetFilesDeps,
  files: AsyncIterable<WantedFile>,
): Promise<void> {
  for await (const wanted of files) {
    await getLarge(deps, wanted);
    deps.meter.fileEnded();
  }
}

async function getLarge(deps: GetFilesDeps, wanted: WantedFile): Promise<void> {
  const { meter, signal, transfer } = deps;
  const seen: Partial<Record<MeterPhase, number>> = {};
  const onHashed = (bytes: number) => meter.advance('verifying', bytes);
  let older: LocalContent | null = null;
  try {
    older = await openOlderCopy(transfer.hasher, wanted.localPath, { signal, onHashed });
    const reuse = older === null ? [] : [older];
    const request = { fileId: wanted.file.id, sink: sinkFor(wanted), reuse };
    const result = await downloadFile(transfer, request, {
      signal,
      onProgress({ phase, bytes }) {
        meter.advance(phase, bytes - (seen[phase] ?? 0));
        seen[phase] = bytes;
      },
    });
    await deps.versions.remember(result.file, result.records);
    deps.done(wanted, result);
  } catch (error) {
    if (signal.aborted || concernsAll(error)) throw error;
    deps.failed(wanted, error);
  } finally {
    await older?.source.close();
  }
}

function sinkFor({ file, localPath }: WantedFile) {
  const { executable } = file;
  return fileSink(localPath, { modifiedAt: new Date(file.modifiedAt), executable });
}
