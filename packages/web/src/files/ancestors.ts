import { queryOptions } from '@tanstack/react-query';
import type { File } from '@valise/core/wire';
import { api } from '../session/browser-api.ts';

/** One file's newest known state. */
export function fileQuery(fileId: string) {
  return queryOptions({
    queryKey: ['file', fileId] as const,
    queryFn: async ({ signal }): Promise<File> =>
      (await api.downloads.detail(fileId, { signal })).file,
  });
}

/** The way down to a folder, itself included; the first may be what someone shared. */
export function ancestorsQuery(folderId: string | null) {
  return queryOptions({
    queryKey: ['ancestors', folderId ?? 'root'] as const,
    async queryFn({ client }): Promise<readonly File[]> {
      const way: File[] = [];
      for (let id = folderId; id !== null; ) {
        const file: File = await client.fetchQuery(fileQuery(id));
        way.unshift(file);
        id = file.parentId;
      }
      return way;
    },
  });
}
