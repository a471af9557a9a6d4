import { queryOptions } from '@tanstack/react-query';
import { api } from '../session/browser-api.ts';

export const sharesQuery = (fileId: string) =>
  queryOptions({
    queryKey: ['shares', fileId] as const,
    queryFn: ({ signal }) => api.shares.list(fileId, { signal }),
  });

/** Below the key of what is shared with this person: both are renewed at once. */
export const sharedByMeQuery = queryOptions({
  queryKey: ['shared', 'by-me'] as const,
  queryFn: ({ signal }) => api.shares.sharedByMe({ signal }),
});

export const sharedQuery = queryOptions({
  queryKey: ['shared'] as const,
  queryFn: ({ signal }) => api.shares.sharedWithMe({ signal }),
});
