import type { ApiClient } from '@valise/client';
import { SINGLE_PUT_LIMIT } from '@valise/core/plan';
import { fileLine } from '../output/file-line.ts';
import type { Meter } from '../output/meter.ts';
import type { Output } from '../output/output.ts';
import { formatRemotePath, type RemotePath } from '../paths/remote-path.ts';
import type { RemoteTree } from '../paths/remote-tree.ts';
import { concernsAll } from '../run/failure.ts';
import type { Tally } from '../run/tally.ts';
import type { Channel } from './channel.ts';
import type { LocalEntry } from './local-tree.ts';
import type { PendingFile, PutSummary } from './put-files.ts';
import { putSymlink } from './put-symlink.ts';
import type { RemoteFolders } from './remote-folders.ts';

/** From here on it is worth knowing whether a file is there already: hashing takes longer. */
const WORTH_LOOKING = 64 * 1_048_576;

export interface PutEntryDeps {
  readonly api: ApiClient;
  readonly tree: RemoteTree;
  readonly out: Output;
  readonly meter: Meter;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly small: Channel<PendingFile>;
  readonly large: Channel<PendingFile>;
}

/** The walk that an entry comes from. */
export interface PutWalk {
  /** Where its start goes. */
  readonly path: RemotePath;
  readonly folders: RemoteFolders;
  readonly summary: PutSummary;
}

type EntryOf<Kind extends LocalEntry['kind']> = Extract<LocalEntry, { readonly kind: Kind }>;

/** Makes folders and symlinks at once, hands files on to be sent; tells what can't be stored. */
export async function putEntry(
  deps: PutEntryDeps,
  walk: PutWalk,
  entry: LocalEntry,
): Promise<void> {
  try {
    if (entry.kind === 'refused') deps.tally.refused(entry.failure, { path: entry.localPath });
    else if (entry.kind === 'folder') await putFolder(deps, walk, entry);
    else if (entry.kind === 'symlink') await putLink(deps, walk, entry);
    else await announceFile(deps, walk, entry);
  } catch (error) {
    if (deps.signal.aborted || concernsAll(error)) throw error;
    deps.tally.failed(error, { path: entry.localPath });
  }
}

async function putFolder(
  { out, tally }: PutEntryDeps,
  walk: PutWalk,
  { names, localPath }: EntryOf<'folder'>,
): Promise<void> {
  const { file, made } = await walk.folders.ensure(names);
  const path = formatRemotePath([...walk.path, ...names]);
  if (made && file !== null) out.result(fileLine('created', path, file, { localPath }), null);
  walk.summary.entries += 1;
  tally.done();
}

async function putLink(
  { api, tree, out, tally, signal }: PutEntryDeps,
  walk: PutWalk,
  { names, localPath, target, modifiedAt }: EntryOf<'symlink'>,
): Promise<void> {
  const place = await walk.folders.place(names);
  if (place === null) return;
  const request = { ...place, target, modifiedAt };
  const { file, made } = await putSymlink({ files: api.files, tree, signal }, request);
  const path = formatRemotePath([...walk.path, ...names]);
  out.result(fileLine(made ? 'created' : 'unchanged', path, file, { localPath }), null);
  walk.summary.entries += 1;
  tally.done();
}

async function announceFile(
  { tree, meter, small, large }: PutEntryDeps,
  walk: PutWalk,
  { names, localPath, size }: EntryOf<'file'>,
): Promise<void> {
  const place = await walk.folders.place(names);
  if (place === null) return;
  const remotePath = formatRemotePath([...walk.path, ...names]);
  meter.expect(1, size);
  // Others gain too little by it for their folder to be listed.
  const isReplacement =
    size >= WORTH_LOOKING && (await tree.findChild(place.parentId, place.name))?.kind === 'file';
  const lane = size > SINGLE_PUT_LIMIT ? large : small;
  const { summary } = walk;
  await lane.push({ ...place, localPath, remotePath, size, isReplacement, summary });
}
