import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { isTransient } from '@valise/client';
import { endIfSessionOver } from '../session/session-over.ts';

/** The client has retried passing troubles already; these tries ride out a restart. */
const TRIES = 3;

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: endIfSessionOver }),
  mutationCache: new MutationCache({ onError: endIfSessionOver }),
  defaultOptions: {
    queries: {
      // Changes come by push; a view that is opened again still asks.
      staleTime: 5_000,
      retry: (failures, error) => failures < TRIES && isTransient(error),
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});
