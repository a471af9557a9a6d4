import type { QueryClient } from '@tanstack/react-query';
import { fileQuery } from '../files/ancestors.ts';
import { placeFile } from '../files/folder-query.ts';

/** After a share or its end: who sees the file, and how many the lists say. */
export async function renewShares(client: QueryClient, fileId: string): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: ['shares'] }),
    client.invalidateQueries({ queryKey: ['shared'] }),
    placeNewest(client, fileId),
  ]);
}

async function placeNewest(client: QueryClient, fileId: string): Promise<void> {
  try {
    placeFile(client, await client.fetchQuery({ ...fileQuery(fileId), staleTime: 0 }));
  } catch {
    // It is gone, or can't be had just now: the push tells.
  }
}
