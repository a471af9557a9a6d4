import { AppError } from '@valise/core/errors';
import type { FileId, UserId } from '@valise/core/ids';
import type { Db, Tx } from '../db/database.ts';
import type { FeedPosition } from './feed-cursor.ts';
import { type FeedEvent, toFeedEvents } from './feed-events.ts';
import { endedBehind } from './feed-history.ts';
import { readFeedPieces } from './feed-pieces.ts';
import {
  type FeedRange,
  type FeedRow,
  type FeedState,
  readFeedRows,
  readFeedState,
  readRowsOf,
} from './feed-store.ts';
import { missingParents, orderEvents } from './order-events.ts';

/*
 * A page of a person's feed is the next rows of the index (user, seq), read in one snapshot: of one
 * statement where the database can word it all (a large one of two, `feed-pieces.ts`), else of a
 * transaction.
 *
 *  - Commits hand out places in order, so a snapshot that shows a place shows all lower ones:
 *    going on behind the last row read misses nothing.
 *  - A listing is the same walk from place 0 without tombstones. What changes meanwhile moves to a
 *    higher place, where the walk comes by later; what is removed meanwhile leaves a tombstone
 *    above the place at which the listing began, and those are told. So a listing needs no
 *    snapshot that outlives a page, and is right when it ends.
 */

export interface ChangesPage {
  /** `ChangeEvent`s as JSON in UTF-8: joined by commas they are the page. */
  readonly pieces: readonly Uint8Array[];
  readonly position: FeedPosition;
  readonly hasMore: boolean;
}

export interface ChangesRequest {
  /** Null lists everything. */
  readonly since: FeedPosition | null;
  readonly limit: number;
}

/** Throws `cursor-expired`, `feed-reset`. */
export async function readChanges(
  db: Db,
  userId: UserId,
  { since, limit }: ChangesRequest,
): Promise<ChangesPage> {
  const known = await readFeedState(db, userId);
  const position = await startOf(db, userId, { state: known, since });
  if (position.seq === known.seq) return ended(known, []);
  const range = rangeFrom(userId, position, limit);
  const plain = await readFeedPieces(db, range);
  if (plain !== null) {
    const { state, lastSeq, pieces } = plain;
    const from = await startOf(db, userId, { state, since: position });
    return pageUpTo(lastSeq, pieces, { state, from });
  }
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const state = await readFeedState(tx, userId);
      const from = await startOf(tx, userId, { state, since: position });
      return readPage(tx, userId, { state, from, limit });
    });
}

function rangeFrom(userId: UserId, { seq, listedFrom }: FeedPosition, limit: number): FeedRange {
  return { userId, after: seq, tombstonesAfter: listedFrom ?? 0, limit };
}

interface PageStart {
  readonly state: FeedState;
  readonly from: FeedPosition;
  readonly limit: number;
}

async function readPage(
  tx: Tx,
  userId: UserId,
  { state, from, limit }: PageStart,
): Promise<ChangesPage> {
  const range = rangeFrom(userId, from, limit);
  const rows = await readFeedRows(tx, range);
  const listed = await toFeedEvents(tx, userId, rows);
  const ancestors = await readAncestors(tx, userId, listed);
  const { events, lastSeq } = orderEvents(listed, ancestors, limit);
  const text = events.map((event) => event.json).join(',');
  const pieces = text === '' ? [] : [Buffer.from(text)];
  return pageUpTo(lastSeq ?? state.seq, pieces, { state, from });
}

/** The feed's end is a place of its own: what stands between it and the last row is of no matter. */
function pageUpTo(
  lastSeq: number,
  pieces: readonly Uint8Array[],
  { state, from }: { readonly state: FeedState; readonly from: FeedPosition },
): ChangesPage {
  if (lastSeq >= state.seq) return ended(state, pieces);
  return { pieces, position: { ...from, seq: lastSeq }, hasMore: true };
}

function ended({ epoch, seq }: FeedState, pieces: readonly Uint8Array[]): ChangesPage {
  return { pieces, position: { epoch, seq, listedFrom: null }, hasMore: false };
}

/** Where the walk goes on. A listing begins at place 0 and notes how far the feed was then. */
async function startOf(
  db: Db | Tx,
  userId: UserId,
  { state, since }: { readonly state: FeedState; readonly since: FeedPosition | null },
): Promise<FeedPosition> {
  if (since === null) return { epoch: state.epoch, seq: 0, listedFrom: state.seq };
  await requireValid(db, userId, { state, since });
  return { ...since, epoch: state.epoch };
}

/** Throws `feed-reset`, `cursor-expired` for a position from which this feed can't go on. */
export async function requireValid(
  db: Db | Tx,
  userId: UserId,
  { state, since }: { readonly state: FeedState; readonly since: FeedPosition },
): Promise<void> {
  // What it has been told lies behind its place and, of a listing, behind where that began.
  const told = { epoch: since.epoch, seq: Math.max(since.seq, since.listedFrom ?? 0) };
  const isOurs =
    since.epoch === state.epoch ? told.seq <= state.seq : await endedBehind(db, userId, told);
  if (!isOurs) {
    throw new AppError(
      'feed-reset',
      'The server’s history is another one. List afresh; what is absent was not necessarily deleted.',
    );
  }
  if ((since.listedFrom ?? since.seq) < state.minSeq) {
    throw new AppError('cursor-expired', 'List afresh; what is absent then was deleted.');
  }
}

/** The ancestors that stand behind the page in the feed and must be told on it. */
async function readAncestors(
  tx: Tx,
  userId: UserId,
  listed: readonly FeedEvent[],
): Promise<ReadonlyMap<FileId, FeedEvent>> {
  const first = listed[0];
  const ancestors = new Map<FileId, FeedEvent>();
  if (first === undefined) return ancestors;
  const known = new Map(listed.map((event) => [event.fileId, event]));
  let events = listed;
  for (;;) {
    const missing = missingParents(events, known, first.seq);
    if (missing.length === 0) return ancestors;
    const rows: readonly FeedRow[] = await readRowsOf(tx, userId, missing);
    events = await toFeedEvents(tx, userId, rows);
    for (const event of events) {
      known.set(event.fileId, event);
      ancestors.set(event.fileId, event);
    }
    if (events.length === 0) return ancestors;
  }
}
