import type { QueryClient } from '@tanstack/react-query';
import { browserAmbient as ambient } from '../platform/browser-ambient.ts';
import { atIntervals } from './at-intervals.ts';

/** Any change may concern them, and what is looked at is asked for with all its pages. */
const LISTS = ['trash', 'search', 'shared', 'shares'] as const;
/** News may come many times a second, for minutes. */
const PAUSE_MS = 2_000;

/** The answer has these lists asked for again soon, each on its own: one may be long. */
export function createListRefresher(client: QueryClient, signal: AbortSignal): () => void {
  const refreshes = LISTS.map((key) =>
    atIntervals(() => client.invalidateQueries({ queryKey: [key] }), {
      pauseMs: PAUSE_MS,
      ambient,
      signal,
    }),
  );
  return () => {
    for (const refresh of refreshes) refresh();
  };
}
