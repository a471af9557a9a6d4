import type { QueryClient } from '@tanstack/react-query';
import type { ChangeEvent, File } from '@valise/core/wire';
import { removeFiles } from '../files/folder-query.ts';
import { placeMany } from '../files/place-files.ts';

/** Brings what is shown up to date with what happened elsewhere. The last word on a file counts. */
export function applyChanges(
  client: QueryClient,
  changes: readonly ChangeEvent[],
  refreshLists: () => void,
): void {
  const last = new Map<string, ChangeEvent>();
  for (const change of changes) {
    last.set(change.type === 'upsert' ? change.file.id : change.fileId, change);
  }
  const files: File[] = [];
  const gone = new Set<string>();
  for (const [id, change] of last) {
    if (change.type === 'upsert') files.push(change.file);
    else gone.add(id);
  }
  placeMany(client, files);
  removeFiles(client, gone);
  for (const file of files) {
    const key = ['file', file.id];
    // Only what somebody looked at is kept by itself: thousands may come, and each entry has its cost.
    if (client.getQueryState(key) !== undefined) client.setQueryData(key, file);
  }
  refreshFolders(client, { files, gone });
  refreshLists();
}

/** What isn't kept entry by entry is asked for again, if it is being looked at. */
function refreshFolders(
  client: QueryClient,
  { files, gone }: { readonly files: readonly File[]; readonly gone: ReadonlySet<string> },
): void {
  if (files.some(({ kind }) => kind === 'folder') || gone.size > 0) {
    void client.invalidateQueries({ queryKey: ['ancestors'] });
  }
  for (const id of gone) {
    void client.invalidateQueries({ queryKey: ['children', id] });
    void client.invalidateQueries({ queryKey: ['file', id] });
  }
}
