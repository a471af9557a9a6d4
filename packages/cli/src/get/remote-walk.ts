import type { FilesApi } from '@valise/client';
import { type FileName, parseName } from '@valise/core/names';
import type { File } from '@valise/core/wire';

/** What lies below a remote file or folder, depth first, each folder before its content. */
export type RemoteEntry =
  | { readonly names: readonly FileName[]; readonly file: File; readonly fault: null }
  | { readonly names: readonly string[]; readonly file: File; readonly fault: unknown };

/**
 * Walks `start`, itself included (null: the root, whose content alone is told). A name that could
 * lead out of its folder comes with its fault and is not entered: the server is not trusted that
 * far. With `skip`, a folder's content can be left out once it was told.
 */
export async function* walkRemote(
  files: Pick<FilesApi, 'children'>,
  start: File | null,
  { signal, skip }: { readonly signal: AbortSignal; skip(names: readonly string[]): boolean },
): AsyncGenerator<RemoteEntry> {
  const list = async (folder: File | null, names: readonly FileName[]): Promise<RemoteEntry[]> => {
    const found = await files.children(folder?.id ?? null, { signal, patient: true });
    return found.map((file) => entryOf(file, names)).reverse();
  };
  const stack: RemoteEntry[] =
    start === null ? await list(null, []) : [{ names: [], file: start, fault: null }];
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    signal.throwIfAborted();
    yield entry;
    const enter = entry.fault === null && entry.file.kind === 'folder' && !skip(entry.names);
    if (enter) stack.push(...(await list(entry.file, entry.names as readonly FileName[])));
  }
}

function entryOf(file: File, above: readonly FileName[]): RemoteEntry {
  try {
    return { names: [...above, parseName(file.name, 'Its name')], file, fault: null };
  } catch (fault) {
    return { names: [...above, file.name], file, fault };
  }
}
