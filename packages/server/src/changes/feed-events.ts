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
  readonly isRemove: boolean;
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
    return file === undefined ? removed(row, 'unshared') : upsertedBy(file, row);
  });
}

/** Null where the row alone doesn't say what its user sees. */
export function wordPlainly(row: FeedRow): FeedEvent | null {
  if (row.role === null) return removed(row, row.reason ?? 'deleted');
  if (row.kind === null) return removed(row, 'deleted');
  const isDoubtful = !row.isGranted || (row.parentSeq !== null && !row.isParentGranted);
  return isDoubtful ? null : upserted(row);
}

function upsertedBy(visible: VisibleFile, { seq, fileId, userId, parentSeq }: FeedRow): FeedEvent {
  const file = toWireFile(visible, userId);
  const event: ChangeEvent = { type: 'upsert', file };
  const parentId = file.parentId as FileId | null;
  const json = JSON.stringify(event);
  return { seq, fileId, isRemove: false, parentId, parentSeq: parentSeq ?? 0, json };
}

function removed({ seq, fileId }: FeedRow, reason: 'deleted' | 'unshared'): FeedEvent {
  const json = `{"type":"remove","fileId":"${fileId}","reason":"${reason}"}`;
  return { seq, fileId, isRemove: true, parentId: null, parentSeq: 0, json };
}

/**
 * As `toWireFile` words it (a test compares the two), but straight into text: a listing is up to
 * 10,000 of these, and building objects for JSON.stringify costs more than reading the rows.
 */
function upserted(row: FeedRow): FeedEvent {
  const { seq, fileId, ownerId, userId } = row;
  const isOwn = ownerId === userId;
  const parentId = row.parentSeq === null && !isOwn ? null : row.parentId;
  const sharedRoot = parentId === null && !isOwn;
  const json =
    `{"type":"upsert","file":{"id":"${fileId}","kind":"${row.kind}",` +
    `"name":${JSON.stringify(row.name)},"parentId":${quoted(parentId)},` +
    `"ownerId":"${ownerId}","role":"${row.role}","size":${row.size},` +
    `"mimeType":${row.mimeType === null ? 'null' : JSON.stringify(row.mimeType)},` +
    `"fingerprint":${quoted(row.fingerprint)},` +
    (row.target === null ? '' : `"target":${JSON.stringify(row.target)},`) +
    `"status":"uploaded","version":${row.version},"executable":${row.executable},` +
    `"modifiedAt":"${timeText(row.modifiedAt)}","createdAt":"${timeText(row.createdAt)}",` +
    `"updatedAt":"${timeText(row.updatedAt)}","createdBy":"${row.createdBy}",` +
    `"sharedRoot":${sharedRoot}}}`;
  return { seq, fileId, isRemove: false, parentId, parentSeq: row.parentSeq ?? 0, json };
}

/** Ids and fingerprints have nothing to escape. */
function quoted(text: string | null): string {
  return text === null ? 'null' : `"${text}"`;
}

function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
