import type { FeedDeps } from '../changes/feed-deps.ts';
import { wordPlainly } from '../changes/feed-events.ts';
import { type FeedRow, readFeedStates, readManyFeeds } from '../changes/feed-store.ts';
import { orderEvents } from '../changes/order-events.ts';
import type { FeedChannel } from './feed-channel.ts';
import { POLL } from './live-connection.ts';

/** More than this is fetched better by a poll, which its receiver paces. */
const MAX_CHANGES = 100;
const MAX_TEXT = 128 * 1024;

/**
 * Tells the sockets of these channels what is new since they were last told: one query for all.
 * Channels whose news are too many, or not plain to tell, get "poll".
 */
export async function pushChanges(
  { db, cursors }: FeedDeps,
  channels: readonly FeedChannel[],
): Promise<void> {
  const positions = channels.map(({ position }) => position);
  const rows = await readManyFeeds(db, {
    userIds: channels.map(({ userId }) => userId),
    after: positions.map((position) => position?.seq ?? 0),
    limit: MAX_CHANGES + 1,
  });
  const rowsOf = Map.groupBy(rows, (row) => row.userId);
  const lagging: FeedChannel[] = [];
  for (const [n, channel] of channels.entries()) {
    const { position, userId } = channel;
    const own = rowsOf.get(userId);
    if (own === undefined || position === null) continue;
    // Put elsewhere while the query ran, these rows don't continue it.
    const changes = position === positions[n] ? changesText(own) : null;
    if (changes === null) {
      lagging.push(channel);
      continue;
    }
    const next = { ...position, seq: own.at(-1)?.seq ?? position.seq };
    const [from, cursor] = [cursors.encode(userId, position), cursors.encode(userId, next)];
    channel.position = next;
    channel.send(`{"type":"changes","from":"${from}","changes":[${changes}],"cursor":"${cursor}"}`);
  }
  await resync(db, lagging);
}

function changesText(rows: readonly FeedRow[]): string | null {
  if (rows.length > MAX_CHANGES) return null;
  const events = [];
  for (const row of rows) {
    const event = wordPlainly(row);
    if (event === null) return null;
    events.push(event);
  }
  // All rows to the feed's end are here, so every ancestor that must come first is, too.
  const ordered = orderEvents(events, new Map(), Number.POSITIVE_INFINITY);
  const text = ordered.events.map((event) => event.json).join(',');
  return text.length > MAX_TEXT ? null : text;
}

/** Puts channels where their feeds now end, and has the sockets of those that moved poll. */
export async function resync(db: FeedDeps['db'], channels: readonly FeedChannel[]): Promise<void> {
  if (channels.length === 0) return;
  const states = await readFeedStates(
    db,
    channels.map(({ userId }) => userId),
  );
  for (const channel of channels) {
    const state = states.get(channel.userId);
    if (state === undefined) continue;
    const { position } = channel;
    const isMoved = position?.seq !== state.seq || position.epoch !== state.epoch;
    channel.position = { epoch: state.epoch, seq: state.seq, listedFrom: null };
    if (isMoved) channel.send(POLL);
  }
}
