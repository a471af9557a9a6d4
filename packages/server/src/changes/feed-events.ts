import type { FileId, UserId } from '@valise/core/ids';
import type { ChangeEvent } from '@valise/core/wire';
import type { Db, Tx } from '../db/database.ts';
import { findVisible } from '../tree/visible-file.ts';
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
  const doubtful = rows.filter(isDoubtful).map((row) => row.fileId);
  const visible = await findVisible(db, userId, doubtful);
  return rows.map((row) => {
    if (row.role === null) return removed(row, row.reason ?? 'deleted');
    if (row.kind === null) return removed(row, 'deleted');
    if (!isDoubtful(row)) return upserted(row, userId);
    const file = visible.get(row.fileId);
    if (file === undefined) return removed(row, 'unshared');
    const wire = toWireFile(file, userId);
    const event: ChangeEvent = { type: 'upsert', file: wire };
    return {
      seq: row.seq,
      fileId: row.fileId,
      isRemove: false,
      parentId: wire.parentId as FileId | null,
      parentSeq: wire.parentId === null ? 0 : (row.parentSeq ?? 0),
      json: JSON.stringify(event),
    };
  });
}

function isDoubtful(row: FeedRow): boolean {
  if (row.role === null || row.kind === null) return false;
  return !row.isGranted || (row.parentSeq !== null && !row.isParentGranted);
}

function removed({ seq, fileId }: FeedRow, reason: 'deleted' | 'unshared'): FeedEvent {
  const json = `{"type":"remove","fileId":"${fileId}","reason":"${reason}"}`;
  return { seq, fileId, isRemove: true, parentId: null, parentSeq: 0, json };
}

/**
 * As `toWireFile` words it (a test compares the two), but straight into text: a listing is up to
 * 10,000 of these, and building objects for JSON.stringify costs more than reading the rows.
 */
function upserted(row: FeedRow, userId: UserId): FeedEvent {
  const { seq, fileId, ownerId } = row;
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
