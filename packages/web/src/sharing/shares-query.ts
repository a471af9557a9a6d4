import { queryOptions } from '@tanstack/react-query';
import { api } from '../session/browser-api.ts';

export const sharesQuery = (fileId: string) =>
  queryOptions({
    queryKey: ['shares', fileId] as const,
    queryFn: ({ signal }) => api.shares.list(fileId, { signal }),
  });

export const sharedQuery = queryOptions({
  queryKey: ['shared'] as const,
  queryFn: ({ signal }) => api.shares.sharedWithMe({ signal }),
});
