import type { UserId } from '@valise/core/ids';

/** Whose feeds moved; `all` when that isn't known, as after a lost connection. */
export type FeedNews = ReadonlySet<UserId> | 'all';

/**
 * Carries "this person's feed moved" to every server. News only hasten what a look into the
 * database would show: they may be lost, doubled and late. After a break in which some may have
 * been lost, `all` is told.
 */
export interface FeedBus {
  /** Tells the listeners here at once and the other servers soon. Never throws, never waits. */
  publish(userIds: ReadonlySet<UserId>): void;
  /** Answers how to stop listening. Listeners must not throw. */
  subscribe(listener: (news: FeedNews) => void): () => void;
  /** False while news of other servers don't arrive. */
  isConnected(): boolean;
  close(): Promise<void>;
}
