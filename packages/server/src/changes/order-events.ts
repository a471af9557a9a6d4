import type { FileId } from '@valise/core/ids';
import type { FeedEvent } from './feed-events.ts';

export interface OrderedEvents {
  readonly events: readonly FeedEvent[];
  /** The place of the last row that is told; undefined where none is. */
  readonly lastSeq: number | undefined;
}

/**
 * Puts the rows of a page in order so that nobody hears of a file before its parent.
 *
 * The rows come by rising seq. Who has heard everything up to a row's place knows each ancestor
 * whose own place is lower. So before a row stand those ancestors whose place is higher and that
 * aren't on this page yet: from `ancestors`, or from further down, to where they are then not
 * repeated. The page ends when it has `limit` events, but never before its first row: alone with
 * its ancestors that may exceed the limit.
 */
export function orderEvents(
  rows: readonly FeedEvent[],
  ancestors: ReadonlyMap<FileId, FeedEvent>,
  limit: number,
): OrderedEvents {
  const byId = new Map(ancestors);
  for (const row of rows) byId.set(row.fileId, row);
  const told = new Set<FileId>();
  const events: FeedEvent[] = [];
  let lastSeq: number | undefined;
  for (const row of rows) {
    if (!told.has(row.fileId)) {
      const chain = untoldChain(row, byId, told);
      if (events.length > 0 && events.length + chain.length > limit) {
        return { events, lastSeq };
      }
      for (const event of chain) {
        told.add(event.fileId);
        events.push(event);
      }
    }
    lastSeq = row.seq;
  }
  return { events, lastSeq };
}

/** The ancestors that must come first, top down, and the row itself. */
function untoldChain(
  row: FeedEvent,
  byId: ReadonlyMap<FileId, FeedEvent>,
  told: ReadonlySet<FileId>,
): readonly FeedEvent[] {
  const chain = [row];
  for (let at = row; at.parentId !== null && at.parentSeq > row.seq; ) {
    const parent = told.has(at.parentId) ? undefined : byId.get(at.parentId);
    if (parent === undefined) break;
    chain.push(parent);
    at = parent;
  }
  return chain.reverse();
}

/** Parents that some event needs before it and that aren't among those at hand. */
export function missingParents(
  events: readonly FeedEvent[],
  known: ReadonlyMap<FileId, FeedEvent>,
  after: number,
): readonly FileId[] {
  const missing = new Set<FileId>();
  for (const { parentId, parentSeq } of events) {
    if (parentId !== null && parentSeq > after && !known.has(parentId)) missing.add(parentId);
  }
  return [...missing];
}
