import { type QueryClient, queryOptions } from '@tanstack/react-query';
import type { Page } from '@valise/client';
import type { File } from '@valise/core/wire';
import { api } from '../session/browser-api.ts';

/** The largest page that the server gives. */
const PAGE = 1_000;

/** What is known of a folder: a large one arrives page by page. */
export interface FolderContent {
  readonly items: readonly File[];
  readonly complete: boolean;
}

export const folderKey = (folderId: string | null) => ['children', folderId ?? 'root'] as const;

/** A folder's entries; `null` is the person's root. A large one can be looked at while it loads. */
export function folderQuery(folderId: string | null) {
  const key = folderKey(folderId);
  return queryOptions({
    queryKey: key,
    async queryFn({ signal, client }): Promise<FolderContent> {
      const known = client.getQueryData<FolderContent>(key);
      const items: File[] = [];
      for (let cursor: string | undefined; ; ) {
        const page: Page<File> = await api.files.childrenPage(
          folderId,
          { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) },
          { signal },
        );
        items.push(...page.items);
        if (page.cursor === null) return { items, complete: true };
        cursor = page.cursor;
        if (known?.complete !== true) {
          client.setQueryData<FolderContent>(key, { items: [...items], complete: false });
        }
      }
    },
  });
}

/** Changes what is known of a folder at once, before the server is asked again. */
export function changeFolder(
  client: QueryClient,
  folderId: string | null,
  change: (items: readonly File[]) => readonly File[],
): void {
  client.setQueryData<FolderContent>(
    folderKey(folderId),
    (known) => known && { ...known, items: change(known.items) },
  );
}

/** Puts one file's newest state where it belongs, and takes it away from where it was. */
export function placeFile(client: QueryClient, file: File): void {
  removeFiles(client, new Set([file.id]), file.sharedRoot ? undefined : file.parentId);
  client.setQueryData(['file', file.id], file);
  if (file.sharedRoot) return;
  changeFolder(client, file.parentId, (items) => {
    const at = items.findIndex(({ id }) => id === file.id);
    return at === -1 ? [...items, file] : items.with(at, file);
  });
}

/** Takes files out of every folder that is known, but for the one they stay in. */
export function removeFiles(
  client: QueryClient,
  ids: ReadonlySet<string>,
  staysIn?: string | null,
): void {
  const keep = staysIn === undefined ? undefined : folderKey(staysIn)[1];
  for (const [key, content] of client.getQueriesData<FolderContent>({ queryKey: ['children'] })) {
    if (content === undefined || key[1] === keep) continue;
    if (!content.items.some(({ id }) => ids.has(id))) continue;
    const items = content.items.filter(({ id }) => !ids.has(id));
    client.setQueryData<FolderContent>(key, { ...content, items });
  }
}
