import type { UserId } from '@valise/core/ids';
import type { FeedPosition } from '../changes/feed-cursor.ts';
import type { LiveConnection } from './live-connection.ts';

/** A quiet feed is pushed at once; one that keeps moving, at growing intervals up to this. */
const MIN_GAP_MS = 10;
const MAX_GAP_MS = 160;

/** One person's feed as far as this server has pushed it, and the sockets that follow. */
export class FeedChannel {
  readonly userId: UserId;
  readonly connections = new Set<LiveConnection>();
  /** Null until it has been read. */
  position: FeedPosition | null = null;
  #gapMs = MIN_GAP_MS;
  #pushedAtMs = Number.NEGATIVE_INFINITY;

  constructor(userId: UserId) {
    this.userId = userId;
  }

  /** When the next push may go out, in the time of `performance.now`. */
  get dueAtMs(): number {
    return this.#pushedAtMs + this.#gapMs;
  }

  /** Mass changes would be thousands of pushes of a few rows each, and cost as many queries. */
  pushed(nowMs: number): void {
    const isBusy = nowMs < this.#pushedAtMs + 2 * this.#gapMs;
    this.#gapMs = isBusy ? Math.min(this.#gapMs * 2, MAX_GAP_MS) : MIN_GAP_MS;
    this.#pushedAtMs = nowMs;
  }

  send(text: string): void {
    for (const connection of this.connections) if (connection.isReady) connection.send(text);
  }
}
