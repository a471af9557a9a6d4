import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiClient, TransferDeps } from '@valise/client';
import { ClientError } from '@valise/client';
import type { KnownVersions } from '@valise/client-node';
import { SINGLE_PUT_LIMIT } from '@valise/core/plan';
import type { File } from '@valise/core/wire';
import { fileLine } from '../output/file-line.ts';
import type { Meter } from '../output/meter.ts';
import type { Output } from '../output/output.ts';
import { placeCopy } from '../paths/placement.ts';
import { formatRemotePath, type RemotePath } from '../paths/remote-path.ts';
import { type Channel, createChannel } from '../put/channel.ts';
import { EXIT } from '../run/exit-codes.ts';
import { concernsAll } from '../run/failure.ts';
import type { Tally } from '../run/tally.ts';
import {
  type GetFilesDeps,
  type GetSummary,
  getLargeFiles,
  getSmallFiles,
  type WantedFile,
} from './get-files.ts';
import { expectNoFolder, makeFolder, makeSymlink } from './local-place.ts';
import { type RemoteEntry, walkRemote } from './remote-walk.ts';
import { isUnchanged } from './unchanged.ts';
import type { UnfinishedCopies } from './unfinished.ts';

/** How many files may be found ahead of their download. */
const FILES_AHEAD = 20_000;

export interface GetDeps {
  readonly api: ApiClient;
  readonly transfer: TransferDeps;
  readonly out: Output;
  readonly meter: Meter;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly unfinished: UnfinishedCopies;
  readonly versions: KnownVersions;
}

/** What to get; `file` null is the root. */
export interface GetRequest {
  readonly path: RemotePath;
  readonly file: File | null;
  /** null: here, under its own name. */
  readonly dest: string | null;
}

/** Gets a file, or a folder with all below it, to where `cp -r` would put it. */
export async function getPath(deps: GetDeps, request: GetRequest): Promise<GetSummary> {
  const target = await findTarget(deps, request);
  const isFolder = request.file === null || request.file.kind === 'folder';
  const note = isFolder && target.made ? (request.file?.id ?? 'root') : null;
  if (note !== null) await deps.unfinished.begin(note, target.localPath);
  const summary = await getInto(deps, request, target.localPath);
  if (note !== null && deps.tally.exit() === EXIT.done) {
    await deps.unfinished.end(note, target.localPath);
  }
  return summary;
}

interface Target {
  readonly localPath: string;
  /** DEST itself becomes the copy: it was missing, or an unfinished attempt of ours made it. */
  readonly made: boolean;
}

async function findTarget(
  { unfinished }: GetDeps,
  { path, file, dest }: GetRequest,
): Promise<Target> {
  const where = dest ?? '.';
  const name = path.at(-1) ?? null;
  const kind = await destinationKind(where);
  if (kind === 'folder' && (await unfinished.has(file?.id ?? 'root', where))) {
    return { localPath: where, made: true };
  }
  const placed = placeCopy(1, { name, kind: file?.kind ?? 'folder' }, kind);
  if (placed.kind === 'refused') throw new ClientError('local-file', `${where}: ${placed.reason}.`);
  if (placed.kind === 'into') return { localPath: join(where, placed.name), made: false };
  return { localPath: where, made: kind === 'missing' };
}

/** A destination that the user names may be a symlink to a folder; that is theirs to say. */
async function destinationKind(path: string): Promise<'folder' | 'file' | 'missing'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'missing';
    throw error;
  }
}

interface Search extends GetDeps {
  readonly request: GetRequest;
  readonly localPath: string;
  readonly small: Channel<WantedFile>;
  readonly large: Channel<WantedFile>;
  readonly summary: GetSummary;
}

/** Finding and receiving run side by side; the first to fail for all stops the others. */
async function getInto(deps: GetDeps, request: GetRequest, localPath: string): Promise<GetSummary> {
  const stop = new AbortController();
  const signal = AbortSignal.any([deps.signal, stop.signal]);
  const remotePath = formatRemotePath(request.path);
  const counts = { entries: 0, files: 0, bytes: 0, bytesReceived: 0, unchanged: 0 };
  const search: Search = {
    ...deps,
    signal,
    request,
    localPath,
    small: createChannel(FILES_AHEAD),
    large: createChannel(FILES_AHEAD),
    summary: { localPath, remotePath, ...counts },
  };
  const receiving = receivingDeps(search);
  const lanes = [
    findAll(search),
    getSmallFiles(receiving, search.small),
    getLargeFiles(receiving, search.large),
  ];
  for (const lane of lanes) lane.catch((error: unknown) => stop.abort(error));
  const ended = await Promise.allSettled(lanes);
  if (ended.some(({ status }) => status === 'rejected')) throw signal.reason;
  return search.summary;
}

async function findAll(search: Search): Promise<void> {
  const { api, signal, request, localPath } = search;
  const missing = new Set<string>();
  const skip = (names: readonly string[]) => missing.has(names.join('/'));
  try {
    if (request.file === null) await makeFolder(localPath);
    for await (const entry of walkRemote(api.files, request.file, { signal, skip })) {
      const placed = await getEntry(search, entry);
      if (!placed) missing.add(entry.names.join('/'));
    }
    search.meter.foundAll();
  } finally {
    search.small.end();
    search.large.end();
  }
}

/** Makes folders and symlinks at once, hands files on to be received. */
async function getEntry(search: Search, entry: RemoteEntry): Promise<boolean> {
  const { names, file, fault } = entry;
  const { signal, tally, out } = search;
  const remotePath = formatRemotePath([...search.request.path, ...names]);
  try {
    if (fault !== null) throw fault;
    const localPath = join(search.localPath, ...names);
    if (file.kind === 'file') {
      await announceFile(search, { file, localPath, remotePath });
      return true;
    }
    const { made } =
      file.kind === 'folder'
        ? await makeFolder(localPath)
        : await makeSymlink(localPath, file.target ?? '', new Date(file.modifiedAt));
    out.result(fileLine(made ? 'created' : 'unchanged', remotePath, file, { localPath }), null);
    search.summary.entries += 1;
    tally.done();
    return true;
  } catch (error) {
    if (signal.aborted || concernsAll(error)) throw error;
    tally.failed(error, { path: remotePath });
    return false;
  }
}

async function announceFile(search: Search, wanted: WantedFile): Promise<void> {
  const { file, localPath, remotePath } = wanted;
  const { transfer, meter, signal, small, large, summary, out, tally } = search;
  await expectNoFolder(localPath);
  meter.expect(1, file.size);
  if (await isUnchanged({ hasher: transfer.hasher, meter, signal }, file, localPath)) {
    summary.entries += 1;
    summary.unchanged += 1;
    meter.advance('receiving', file.size);
    meter.fileEnded();
    out.result(fileLine('unchanged', remotePath, file, { localPath }), null);
    tally.done();
    return;
  }
  await (file.size > SINGLE_PUT_LIMIT ? large : small).push(wanted);
}

function receivingDeps(search: Search): GetFilesDeps {
  const { transfer, signal, meter, summary, out, tally, versions } = search;
  return {
    transfer,
    versions,
    signal,
    meter,
    done({ localPath, remotePath }, { file, bytesReceived, bytesReused = 0 }) {
      summary.entries += 1;
      summary.files += 1;
      summary.bytes += file.size;
      summary.bytesReceived += bytesReceived;
      out.result(
        fileLine('downloaded', remotePath, file, { localPath, bytesReceived, bytesReused }),
        null,
      );
      tally.done();
    },
    failed({ remotePath }, error) {
      tally.failed(error, { path: remotePath });
    },
  };
}
