import { queryOptions } from '@tanstack/react-query';
import { api } from '../session/browser-api.ts';

export const trashQuery = queryOptions({
  queryKey: ['trash'] as const,
  queryFn: ({ signal }) => api.files.trash({ signal }),
});
