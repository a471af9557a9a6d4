import type { QueryClient } from '@tanstack/react-query';
import type { File } from '@valise/core/wire';
import { changeFolder, removeFiles } from './folder-query.ts';

/** Newest states of files, where they belong: all of one folder in one step. */
export function placeMany(client: QueryClient, files: readonly File[]): void {
  const [roots, placed] = [files.filter(isSharedRoot), files.filter((file) => !isSharedRoot(file))];
  if (roots.length > 0) removeFiles(client, new Set(roots.map(({ id }) => id)));
  const byParent = Map.groupBy(placed, ({ parentId }) => parentId);
  for (const [parentId, those] of byParent) {
    const newest = new Map(those.map((file) => [file.id, file]));
    removeFiles(client, new Set(newest.keys()), parentId);
    changeFolder(client, parentId, (items) => {
      const rest = new Map(newest);
      const kept = items.map((item) => {
        const changed = rest.get(item.id);
        rest.delete(item.id);
        return changed ?? item;
      });
      return [...kept, ...rest.values()];
    });
  }
}

/** What was shared by itself has no place in one's own tree. */
function isSharedRoot({ sharedRoot }: File): boolean {
  return sharedRoot;
}
