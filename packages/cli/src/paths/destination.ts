import { AppError } from '@valise/core/errors';
import type { FileName } from '@valise/core/names';
import type { File } from '@valise/core/wire';
import type { Output } from '../output/output.ts';
import { CliError } from '../run/cli-error.ts';
import type { ExitCode } from '../run/exit-codes.ts';
import { forEachPath } from '../run/tally.ts';
import { placeCopy } from './placement.ts';
import { formatRemotePath, parseRemotePath, type RemotePath } from './remote-path.ts';
import type { FolderId, RemoteTree } from './remote-tree.ts';

export interface RemoteFile {
  readonly file: File;
  readonly path: RemotePath;
}

/** Where a remote file goes by `mv` or `cp`. */
export interface Destination {
  readonly parentId: FolderId;
  readonly name: FileName;
  readonly path: RemotePath;
}

/**
 * Applies the rules of `cp -r` on the server. What is there already is never replaced: the server
 * refuses with `name-taken`.
 */
export async function findDestination(
  tree: RemoteTree,
  sources: number,
  { source, dest }: { readonly source: RemoteFile; readonly dest: RemotePath },
): Promise<Destination> {
  const there = dest.length === 0 ? null : await tree.find(dest);
  const kind = destinationKind(dest, there);
  const name = source.path.at(-1);
  const placed = placeCopy(sources, { name: name ?? null, kind: source.file.kind }, kind);
  // A rename that changes only the case of a name finds itself at its destination.
  const ownName = there?.id === source.file.id;
  if (placed.kind === 'into' && name !== undefined && !ownName) {
    return { parentId: there?.id ?? null, name, path: [...dest, name] };
  }
  if (placed.kind === 'refused' && !ownName) {
    throw new AppError('name-taken', `${formatRemotePath(dest)}: ${placed.reason}.`);
  }
  const last = dest.at(-1);
  if (last === undefined) throw new AppError('name-taken', 'The root cannot be replaced.');
  return { parentId: await tree.folder(dest.slice(0, -1)), name: last, path: dest };
}

function destinationKind(dest: RemotePath, there: File | null) {
  if (dest.length === 0 || there?.kind === 'folder') return 'folder';
  return there === null ? 'missing' : 'file';
}

interface SourcesDeps {
  readonly out: Output;
  readonly signal: AbortSignal;
  readonly tree: RemoteTree;
}

/** Of `paths` the last is the destination; does `work` for each of the others. */
export async function forEachSource(
  { out, signal, tree }: SourcesDeps,
  paths: readonly string[],
  work: (source: RemoteFile, destination: Destination) => Promise<void>,
): Promise<ExitCode> {
  const sources = paths.slice(0, -1);
  const dest = parseRemotePath(paths.at(-1) ?? '');
  return forEachPath(out, signal, sources, async (text) => {
    const path = parseRemotePath(text);
    if (path.length === 0) throw new CliError('usage', 'The root stays where it is.');
    const source = { path, file: await tree.get(path) };
    await work(source, await findDestination(tree, sources.length, { source, dest }));
  });
}
