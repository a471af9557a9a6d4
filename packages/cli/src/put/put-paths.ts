import { TaskSet, type TransferDeps } from '@valise/client';
import type { KnownVersions } from '@valise/client-node';
import { AppError } from '@valise/core/errors';
import { type FileName, nameKey, parseName } from '@valise/core/names';
import { fileLine } from '../output/file-line.ts';
import { sourceName } from '../paths/placement.ts';
import { formatRemotePath, type RemotePath } from '../paths/remote-path.ts';
import type { FolderId } from '../paths/remote-tree.ts';
import { concernsAll } from '../run/failure.ts';
import { createChannel } from './channel.ts';
import { forgetFingerprint } from './fingerprint-cache.ts';
import { walkLocal } from './local-tree.ts';
import { type PutEntryDeps, putEntry } from './put-entry.ts';
import { type PutFilesDeps, type PutSummary, putLargeFiles, putSmallFiles } from './put-files.ts';
import { createRemoteFolders } from './remote-folders.ts';

/** Enough folders and symlinks in flight to hide the way to the server. */
const ENTRIES_AT_ONCE = 16;
/** How many files may be found ahead of their upload: so far the total is known. 300 bytes each. */
const FILES_AHEAD = 20_000;

export interface PutDeps extends Omit<PutEntryDeps, 'small' | 'large'> {
  readonly transfer: TransferDeps;
  /** Where fingerprints are remembered. */
  readonly fingerprints: string;
  readonly versions: KnownVersions;
}

/**
 * Puts files and folders into a remote folder, each under its own name, as `cp -r` does. Finding,
 * making folders and sending run side by side. What fails alone is told to the tally and the rest
 * goes on; rejects for what ends them all. Answers one summary per path that could be begun.
 */
export async function putPaths(
  deps: PutDeps,
  paths: readonly string[],
  to: RemotePath,
): Promise<PutSummary[]> {
  const base = await deps.tree.ensureFolder(to);
  const stop = new AbortController();
  const search: Search = {
    ...deps,
    signal: AbortSignal.any([deps.signal, stop.signal]),
    to,
    base,
    small: createChannel(FILES_AHEAD),
    large: createChannel(FILES_AHEAD),
    taken: new Set(),
    summaries: [],
  };
  const sending = sendingDeps(search);
  const lanes = [
    findAll(search, paths),
    putSmallFiles(sending, search.small),
    putLargeFiles(sending, search.large),
  ];
  // The first lane to fail stops the others; its error is the one to tell.
  for (const lane of lanes) lane.catch((error: unknown) => stop.abort(error));
  const ended = await Promise.allSettled(lanes);
  if (ended.some(({ status }) => status === 'rejected')) throw search.signal.reason;
  return search.summaries;
}

interface Search extends PutDeps, PutEntryDeps {
  readonly to: RemotePath;
  readonly base: FolderId;
  /** Keys of the names that this command puts into `base`. */
  readonly taken: Set<string>;
  readonly summaries: PutSummary[];
}

async function findAll(search: Search, paths: readonly string[]): Promise<void> {
  const tasks = new TaskSet(ENTRIES_AT_ONCE);
  try {
    for (const path of paths) await findBelow(search, tasks, path);
    await tasks.finish();
    search.meter.foundAll();
  } finally {
    search.small.end();
    search.large.end();
  }
}

/** Walks one path of the command line. */
async function findBelow(search: Search, tasks: TaskSet, localPath: string): Promise<void> {
  const { to, base, tree, signal } = search;
  try {
    const name = claimName(search, localPath);
    const path = name === null ? to : [...to, name];
    const remotePath = formatRemotePath(path);
    const summary = { localPath, remotePath, entries: 0, files: 0, bytes: 0, bytesSent: 0 };
    const walk = { path, summary, folders: createRemoteFolders({ tree, base, name }) };
    for await (const entry of walkLocal(localPath, signal)) {
      await tasks.start(() => putEntry(search, walk, entry));
    }
    search.summaries.push(summary);
  } catch (error) {
    if (signal.aborted || concernsAll(error)) throw error;
    search.tally.failed(error, { path: localPath });
  }
}

/** Two sources of one name would replace one another: the second is refused. */
function claimName({ taken }: Search, localPath: string): FileName | null {
  const own = sourceName(localPath);
  if (own === null) return null;
  const name = parseName(own, 'Its name');
  if (taken.has(nameKey(name))) {
    throw new AppError('name-taken', 'Another source of this command has that name.');
  }
  taken.add(nameKey(name));
  return name;
}

function sendingDeps(search: Search): PutFilesDeps {
  const { transfer, signal, meter, out, tally, fingerprints, versions } = search;
  return {
    transfer,
    versions,
    signal,
    meter,
    done({ localPath, remotePath, summary }, file, bytesSent) {
      summary.entries += 1;
      summary.files += 1;
      summary.bytes += file.size;
      summary.bytesSent += bytesSent;
      out.result(fileLine('uploaded', remotePath, file, { localPath, bytesSent }), null);
      tally.done();
    },
    async failed({ localPath }, error) {
      await forgetFingerprint(fingerprints, localPath);
      tally.failed(error, { path: localPath });
    },
  };
}
