import type { QueryClient } from '@tanstack/react-query';
import { fileQuery } from '../files/ancestors.ts';
import { placeFile } from '../files/folder-query.ts';

/** After a share or its end: who sees the file, and how many the lists say. */
export async function renewShares(client: QueryClient, fileId: string): Promise<void> {
  const file = { ...fileQuery(fileId), staleTime: 0 };
  // Where the file can't be had just now the push will bring it.
  await Promise.all([
    client.invalidateQueries({ queryKey: ['shares'] }),
    client.invalidateQueries({ queryKey: ['shared'] }),
    client.prefetchQuery(file),
  ]);
  const newest = client.getQueryData(file.queryKey);
  if (newest !== undefined) placeFile(client, newest);
}
