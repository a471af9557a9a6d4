import { AppError } from '@valise/core/errors';
import type { FileId, UserId } from '@valise/core/ids';
import { recordCreated } from '../changes/record-changes.ts';
import type { Tx } from '../db/database.ts';
import { fanoutLimits } from '../fanout/fanout-limits.ts';
import { findConcerned, refreshTree } from '../fanout/refresh-tree.ts';
import { insertFiles, lockFiles, type NewFile } from '../tree/file-store.ts';
import { nameTaken } from '../tree/sibling-name.ts';
import { findTrashed } from '../tree/trashed-file.ts';
import { findVisible, type VisibleFile } from '../tree/visible-file.ts';

export interface ItemRequest {
  readonly userId: UserId;
  /** The client's id for what it creates, if it made one, and the hash of its call. */
  readonly id: FileId | undefined;
  readonly hash: Uint8Array;
}

/**
 * What an earlier call with this id has made, if it was the same call: as it is now, even from
 * the trash. Throws `id-taken` when the id stands for anything else.
 */
export async function findRepeated(tx: Tx, request: ItemRequest): Promise<VisibleFile | null> {
  const { id, userId } = request;
  if (id === undefined) return null;
  const row = (await lockFiles(tx, [id])).get(id);
  if (row === undefined) return null;
  const isRepeat = row.createdBy === userId && row.requestHash?.equals(request.hash) === true;
  const file = isRepeat
    ? ((await findVisible(tx, userId, [id])).get(id) ?? (await findTrashed(tx, userId, id)))
    : null;
  if (file !== null) return file;
  throw new AppError('id-taken', `The id ${id} was used for something else.`, {
    details: { field: 'id' },
  });
}

/**
 * Inserts rows of which the first is the one asked for, and records them. When a call with the
 * same id has just won the race, its answer is the answer. Throws `name-taken`.
 */
export async function insertItem(
  tx: Tx,
  request: ItemRequest,
  rows: readonly [NewFile, ...NewFile[]],
): Promise<VisibleFile> {
  const [top, ...below] = rows;
  const inserted = await insertFiles(tx, [{ ...top, requestHash: request.hash }]);
  if (!inserted.has(top.id)) {
    const winner = await findRepeated(tx, request);
    if (winner !== null) return winner;
    throw nameTaken(top.name);
  }
  await insertFiles(tx, below);
  await tellOfNew(tx, rows);
  const file = (await findVisible(tx, request.userId, [top.id])).get(top.id);
  if (file === undefined) throw new Error(`The new file ${top.id} is not visible to its creator.`);
  return file;
}

/** A large tree is too much for one transaction's feed rows: its jobs go down from the top. */
async function tellOfNew(tx: Tx, rows: readonly [NewFile, ...NewFile[]]): Promise<void> {
  const [top] = rows;
  if (rows.length <= fanoutLimits.rowsAtOnce) return recordCreated(tx, rows, top.createdAt);
  const users = [top.ownerId, ...(await findConcerned(tx, top, []))];
  const tree = { ownerId: top.ownerId, topId: top.id, files: null, at: top.createdAt };
  await refreshTree(tx, { ...tree, users });
}
