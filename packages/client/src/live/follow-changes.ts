import { isAppError } from '@valise/core/errors';
import type { ChangeEvent, LiveMessage } from '@valise/core/wire';
import type { ApiClient } from '../api/api-client.ts';
import { isTransient } from '../errors/client-error.ts';
import type { Ambient } from '../ports.ts';
import { keepLive } from './keep-live.ts';
import { createWaker } from './waker.ts';
import type { WebSocketMaker } from './web-socket.ts';

export type FeedStep =
  /** To be applied in order; then the follower stands at `cursor`. */
  | {
      readonly kind: 'changes';
      readonly changes: readonly ChangeEvent[];
      readonly cursor: string;
      /** More is known to be there and follows at once. */
      readonly hasMore: boolean;
    }
  /**
   * The cursor leads nowhere: a full listing follows. What is absent from it was deleted, if the
   * cursor had expired; after `feed-reset` absence proves nothing.
   */
  | { readonly kind: 'reset'; readonly reason: 'cursor-expired' | 'feed-reset' }
  /** Whether changes arrive as they happen, or with the next poll. */
  | { readonly kind: 'connection'; readonly state: 'up' | 'down' };

export interface FollowOptions {
  /** Where to go on; without it everything is listed first. */
  readonly since?: string | undefined;
  readonly signal: AbortSignal;
  readonly ambient: Pick<Ambient, 'random' | 'sleep'>;
  readonly webSocket?: WebSocketMaker;
}

const LISTING_LIMIT = 10_000;
const CHANGES_LIMIT = 1_000;
/** A push may be lost: the safety net. */
const POLL_EVERY_MS = { up: 5 * 60_000, down: 15_000 } as const;
const LONGEST_PAUSE_MS = 30_000;
/** Pushes that wait while a poll runs; beyond, another poll is cheaper. */
const MAX_WAITING = 100;

/**
 * Follows the feed for as long as it takes: pages first, then pushes where they fit and polls where
 * they don't. Rides out servers that are away. Ends with the signal; throws when the login is over.
 */
export async function* followChanges(
  api: ApiClient,
  options: FollowOptions,
): AsyncGenerator<FeedStep, void, undefined> {
  const { ambient } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const waker = createWaker(signal);
  const waiting: LiveMessage[] = [];
  const steps: FeedStep[] = [];
  let state: 'up' | 'down' = 'down';
  let failure: { readonly error: unknown } | undefined;
  const live = keepLive(api, {
    ...options,
    signal,
    onMessage(message) {
      if (waiting.length < MAX_WAITING) waiting.push(message);
      else waiting.splice(0, waiting.length, { type: 'poll' });
      waker.wake();
    },
    onState(now) {
      state = now;
      steps.push({ kind: 'connection', state });
      waker.wake();
    },
  }).catch((error: unknown) => {
    failure = { error };
    waker.wake();
  });

  let cursor = options.since;
  let isListing = cursor === undefined;
  let mustPoll = true;
  let failures = 0;
  try {
    while (!signal.aborted) {
      if (failure !== undefined) throw failure.error;
      yield* steps.splice(0);
      if (mustPoll) {
        const limit = isListing ? LISTING_LIMIT : CHANGES_LIMIT;
        const step = await pollOnce(api, { since: cursor, limit, signal });
        if (signal.aborted) return;
        if (step === null) {
          const pause = Math.min(500 * 2 ** failures++, LONGEST_PAUSE_MS);
          await waker.wait(pause * (0.5 + ambient.random() / 2), ambient);
          continue;
        }
        failures = 0;
        cursor = step.kind === 'changes' ? step.cursor : undefined;
        mustPoll = step.kind === 'reset' || step.hasMore;
        isListing = step.kind === 'reset' || (isListing && step.hasMore);
        yield step;
        continue;
      }
      const message = waiting.shift();
      if (message === undefined) {
        mustPoll = !(await waker.wait(POLL_EVERY_MS[state], ambient));
      } else if (message.type === 'changes' && message.from === cursor) {
        cursor = message.cursor;
        yield { kind: 'changes', changes: message.changes, cursor, hasMore: false };
      } else {
        mustPoll = message.type === 'poll' || message.cursor !== cursor;
      }
    }
  } finally {
    stop.abort();
    await live;
  }
}

/** Null when the server can't be asked now. */
async function pollOnce(
  api: ApiClient,
  { since, limit, signal }: { since: string | undefined; limit: number; signal: AbortSignal },
): Promise<Exclude<FeedStep, { kind: 'connection' }> | null> {
  try {
    const page = await api.changes.page({ since, limit }, { signal });
    return { kind: 'changes', ...page };
  } catch (error) {
    if (signal.aborted || isTransient(error)) return null;
    if (isAppError(error, 'cursor-expired')) return { kind: 'reset', reason: 'cursor-expired' };
    // A server with other keys doesn't know its own cursors: as another history.
    const isForeign = isAppError(error, 'feed-reset') || isAppError(error, 'bad-cursor');
    if (isForeign && since !== undefined) return { kind: 'reset', reason: 'feed-reset' };
    throw error;
  }
}
