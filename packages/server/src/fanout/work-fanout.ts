import type { FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import { type Db, inTransaction, type Tx } from '../db/database.ts';
import type { Ambient } from '../run/ambient.ts';
import { lockTrees } from '../tree/tree-locks.ts';
import { fanoutLimits } from './fanout-limits.ts';
import {
  endFanout,
  type Fanout,
  type FanoutItem,
  passTurn,
  readItems,
  saveItems,
  takeFanout,
} from './fanout-store.ts';
import { reconcileAccess } from './reconcile-access.ts';

/*
 * One batch of one job, as one transaction: take the job, lock the tree, bring some rows in line,
 * note how far we got. If we die, nothing of it happened, and any server does it again.
 *
 *  - for given users: down the tree, a folder's children in pages; a folder's own row comes before
 *    those of its children, and what is created meanwhile is shown to who has the folder's row. So
 *    in the end everyone has every row, wherever the job was when something was created
 *  - for everyone: the people who see a file, in user order
 */

export interface FanoutDeps {
  readonly db: Db;
  readonly ambient: Ambient;
}

/** Folders that a batch looks into. */
const FOLDERS = 16;
/** Smaller than any id: the file itself is done, of what comes after it nothing. */
const NOTHING = '00000000-0000-0000-0000-000000000000';

/** Does one batch. False when there is nothing to do, or others do it. */
export async function workFanout({ db, ambient }: FanoutDeps): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const job = await takeFanout(tx);
    if (job === null) return false;
    await lockTrees(tx, { exclusive: [job.ownerId] });
    const at = ambient.now();
    const isDone = await (job.users === null
      ? tellEveryone(tx, job, at)
      : goDown(tx, job, { users: job.users, at }));
    if (isDone) await endFanout(tx, job);
    else await passTurn(tx, job.id, at);
    return true;
  });
}

interface For {
  readonly users: readonly UserId[];
  readonly at: Date;
}

async function goDown(tx: Tx, job: Fanout, { users, at }: For): Promise<boolean> {
  const items = await readItems(tx, job.id, FOLDERS);
  const limit = Math.max(10, Math.floor(fanoutLimits.rowsPerBatch / users.length));
  const tops = items.filter((item) => item.after === null).map((item) => item.fileId);
  const children = await readChildren(tx, items, limit);
  const page = children.slice(0, limit);
  const files = [...tops, ...page.map((child) => child.id)];
  await reconcileAccess(tx, { users, files, always: false, at });

  // Folders whose page was cut off go on after its last child; those not reached stay as they are.
  const cutAt = children.length > limit ? children[limit]?.folderId : undefined;
  const reached = cutAt === undefined ? items : items.slice(0, placeOf(items, cutAt));
  const last = page.findLast((child) => child.folderId === cutAt);
  const folders = page.filter((child) => child.isFolder);
  const kept: FanoutItem[] = folders.map(({ id }) => ({ fileId: id, after: NOTHING }));
  for (const { fileId, after } of items.slice(reached.length)) {
    if (fileId === cutAt && last !== undefined) kept.push({ fileId, after: last.id });
    else if (after === null) kept.push({ fileId, after: NOTHING });
  }
  await saveItems(tx, job.id, { kept, done: reached.map((item) => item.fileId) });
  return items.length < FOLDERS && cutAt === undefined && folders.length === 0;
}

function placeOf(items: readonly FanoutItem[], fileId: FileId): number {
  return items.findIndex((item) => item.fileId === fileId);
}

interface Child {
  readonly folderId: FileId;
  readonly id: FileId;
  readonly isFolder: boolean;
}

/** In the order of the folders; one more than `limit` tells that there is more. */
async function readChildren(
  tx: Tx,
  items: readonly FanoutItem[],
  limit: number,
): Promise<readonly Child[]> {
  const { rows } = await sql<Child>`
    SELECT t.folder_id AS "folderId", c.id, c.kind = 'folder' AS "isFolder"
    FROM unnest(${items.map((item) => item.fileId)}::uuid[],
      ${items.map((item) => item.after ?? NOTHING)}::uuid[])
      WITH ORDINALITY AS t (folder_id, after, place)
    CROSS JOIN LATERAL (
      SELECT f.id, f.kind FROM files f
      WHERE f.parent_id = t.folder_id AND f.id > t.after ORDER BY f.parent_id, f.id
      LIMIT ${limit + 1}
    ) c ORDER BY t.place, c.id LIMIT ${limit + 1}`.execute(tx);
  return rows;
}

async function tellEveryone(tx: Tx, job: Fanout, at: Date): Promise<boolean> {
  const [item] = await readItems(tx, job.id, 1);
  if (item === undefined) return true;
  const { fileId, after } = item;
  const users = await readPeople(tx, {
    fileId,
    after: after ?? NOTHING,
    limit: fanoutLimits.rowsPerBatch,
  });
  await reconcileAccess(tx, { users, files: [fileId], always: true, at });
  const last = users.at(-1);
  const isOver = last === undefined || users.length < fanoutLimits.rowsPerBatch;
  await saveItems(tx, job.id, {
    kept: isOver ? [] : [{ fileId, after: last }],
    done: isOver ? [fileId] : [],
  });
  return false;
}

/** Who sees the file, or its folder and so is to see the file, in user order. */
async function readPeople(
  tx: Tx,
  { fileId, after, limit }: { readonly fileId: FileId; after: string; limit: number },
): Promise<readonly UserId[]> {
  const { rows } = await sql<{ userId: UserId }>`
    SELECT DISTINCT a.user_id AS "userId"
    FROM unnest(ARRAY[${fileId}::uuid, (SELECT parent_id FROM files WHERE id = ${fileId})])
      AS t (file_id)
    CROSS JOIN LATERAL (
      SELECT access.user_id FROM access
      WHERE access.file_id = t.file_id AND access.user_id > ${after}::uuid
        AND access.role IS NOT NULL
      ORDER BY access.file_id, access.user_id LIMIT ${limit}
    ) a ORDER BY a.user_id LIMIT ${limit}`.execute(tx);
  return rows.map((row) => row.userId);
}
