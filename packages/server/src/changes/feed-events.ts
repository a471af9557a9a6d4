import type { FileId, UserId } from '@valise/core/ids';
import type { ChangeEvent } from '@valise/core/wire';
import type { Db, Tx } from '../db/database.ts';
import { findVisible, type VisibleFile } from '../tree/visible-file.ts';
import { toWireFile } from '../tree/wire-file.ts';
import type { FeedRow } from './feed-store.ts';

/** One row of a feed as it is told. */
export interface FeedEvent {
  readonly seq: number;
  readonly fileId: FileId;
  /** The parent as this person sees it, and its place in their feed. */
  readonly parentId: FileId | null;
  readonly parentSeq: number;
  /** A `ChangeEvent`, written out. */
  readonly json: string;
}

/**
 * Words rows of one person's feed. Almost all of them say everything themselves; where the grant
 * that a row came by is gone, and the job that follows it hasn't come by yet, the tree decides.
 */
export async function toFeedEvents(
  db: Db | Tx,
  userId: UserId,
  rows: readonly FeedRow[],
): Promise<readonly FeedEvent[]> {
  const plain = rows.map(wordPlainly);
  const doubtful = rows.filter((_, n) => plain[n] === null).map((row) => row.fileId);
  const visible = await findVisible(db, userId, doubtful);
  return rows.map((row, n) => {
    const event = plain[n];
    if (event) return event;
    const file = visible.get(row.fileId);
    return file === undefined ? unshared(row) : upsertedBy(file, row);
  });
}

/** Null where the row alone doesn't say what its user sees. */
export function wordPlainly(row: FeedRow): FeedEvent | null {
  const { seq, fileId, role, parentId, parentSeq, json } = row;
  if (role !== null && !row.isGranted) return null;
  if (parentSeq !== null && !row.isParentGranted) return null;
  return { seq, fileId, parentId, parentSeq: parentSeq ?? 0, json };
}

function upsertedBy(visible: VisibleFile, { seq, fileId, userId, parentSeq }: FeedRow): FeedEvent {
  const file = toWireFile(visible, userId);
  const event: ChangeEvent = { type: 'upsert', file };
  const parentId = file.parentId as FileId | null;
  const json = JSON.stringify(event);
  return { seq, fileId, parentId, parentSeq: parentSeq ?? 0, json };
}

function unshared({ seq, fileId }: FeedRow): FeedEvent {
  const json = `{"type":"remove","fileId":"${fileId}","reason":"unshared"}`;
  return { seq, fileId, parentId: null, parentSeq: 0, json };
}
