import type { UserId } from '@valise/core/ids';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from './tables.ts';

type Db = Kysely<Tables>;
type Tx = Transaction<Tables>;

/*
 * From the statement that moves feeds to whoever pushes: a transaction notes whose feeds it moves,
 * and once it is committed, `inTransaction` tells those who listen at its database.
 */

export type FeedsMovedListener = (userIds: ReadonlySet<UserId>) => void;

const notedBy = new WeakMap<Tx, Set<UserId>>();
const listenersAt = new WeakMap<Db, Set<FeedsMovedListener>>();

/** To be told after the commit; forgotten with a transaction that fails. */
export function noteFeedsMoved(tx: Tx, userIds: Iterable<UserId>): void {
  const noted = notedBy.get(tx) ?? new Set();
  for (const userId of userIds) noted.add(userId);
  notedBy.set(tx, noted);
}

/** `listener` must not throw. Answers how to stop listening. */
export function onFeedsMoved(db: Db, listener: FeedsMovedListener): () => void {
  const listeners = listenersAt.get(db) ?? new Set();
  listeners.add(listener);
  listenersAt.set(db, listeners);
  return () => listeners.delete(listener);
}

export function tellFeedsMoved(db: Db, tx: Tx): void {
  const noted = notedBy.get(tx);
  if (noted === undefined) return;
  for (const listener of listenersAt.get(db) ?? []) listener(noted);
}
