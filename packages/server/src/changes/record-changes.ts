import type { FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Tx } from '../db/database.ts';
import type { GrantId, Role } from '../db/tables.ts';
import { fanoutLimits } from '../fanout/fanout-limits.ts';
import { addFanout, type FanoutItem } from '../fanout/fanout-store.ts';
import { type FeedRow, writeFeedRows } from './write-feed-rows.ts';

/*
 * What every transaction that changes the tree does last, with the tree locks of the owners and
 * the rows of the files held:
 *
 *  1. a statement of its own reads who has access: its snapshot is younger than the locks, so it
 *     sees whoever gained access while we waited, and nobody can gain any until commit;
 *  2. `writeFeedRows` hands out the places.
 *
 * Owner, authors and the first few others are told here; where more people see a file, a job tells
 * the rest. Whole trees that come, go or change hands are `refreshTree`'s (`fanout`).
 */

export interface CreatedFile {
  readonly id: FileId;
  readonly parentId: FileId | null;
  readonly ownerId: UserId;
}

interface Viewer {
  readonly userId: UserId;
  readonly fileId: FileId;
  readonly role: Role;
  readonly via: GrantId | null;
}

/**
 * Files new in the tree: everyone who sees the folder sees them, at a place after their parent's,
 * in whatever order they are given.
 */
export async function recordCreated(
  tx: Tx,
  files: readonly CreatedFile[],
  at: Date,
): Promise<void> {
  const ordered = parentsFirst(files);
  const budget = budgetFor(files.length);
  const anchors = [...new Set(ordered.map((file) => file.anchor))].filter((id) => id !== null);
  const guests = await readViewers(tx, anchors, { budget, guestsOnly: true });
  const more = ordered.filter(({ anchor }) => anchor !== null && guests.more.has(anchor));
  const authors = await readAuthorsAbove(tx, more);
  const rows = ordered.flatMap(({ id, ownerId, anchor }): FeedRow[] => {
    const seers = anchor === null ? [] : (guests.byFile.get(anchor) ?? []);
    const others = [...seers, ...(authors.get(id) ?? [])].map((one) => ({ ...one, fileId: id }));
    return [
      { userId: ownerId, fileId: id, role: 'owner', via: null, reason: null },
      ...withoutDoubles(others).map((viewer): FeedRow => ({ ...viewer, reason: null })),
    ];
  });
  await writeFeedRows(tx, rows, at);
  await leaveCreated(tx, more, { more: guests.more, at });
}

/** Files with a new state: content, name, place or mode. */
export async function recordChanged(tx: Tx, ids: readonly FileId[], at: Date): Promise<void> {
  const viewers = await readViewers(tx, ids, { budget: budgetFor(ids.length), guestsOnly: false });
  const more = ids.filter((id) => viewers.more.has(id));
  const first = more.length === 0 ? [] : await readOwnersAndAuthors(tx, more);
  const rows = withoutDoubles([...ids.flatMap((id) => viewers.byFile.get(id) ?? []), ...first]);
  await writeFeedRows(
    tx,
    rows.map((viewer): FeedRow => ({ ...viewer, reason: null })),
    at,
  );
  await leaveFiles(tx, more, { more: viewers.more, at });
}

function budgetFor(files: number): number {
  return Math.min(
    fanoutLimits.usersAtOnce,
    Math.max(1, Math.floor(fanoutLimits.rowsAtOnce / Math.max(1, files))),
  );
}

interface Viewers {
  readonly byFile: ReadonlyMap<FileId, readonly Viewer[]>;
  /** Of files that more people see: the last one here, in user order. */
  readonly more: ReadonlyMap<FileId, UserId>;
}

/** Up to `budget` people who see each of these files, in user order. */
async function readViewers(
  tx: Tx,
  ids: readonly FileId[],
  { budget, guestsOnly }: { readonly budget: number; readonly guestsOnly: boolean },
): Promise<Viewers> {
  if (ids.length === 0) return { byFile: new Map(), more: new Map() };
  const { rows } = await sql<Viewer>`
    SELECT a.user_id AS "userId", t.file_id AS "fileId", a.role, a.via
    FROM unnest(${ids}::uuid[]) WITH ORDINALITY AS t (file_id, place)
    CROSS JOIN LATERAL (
      SELECT access.user_id, access.role, access.via FROM access
      WHERE access.file_id = t.file_id AND access.role IS NOT NULL
        AND (access.role <> 'owner' OR NOT ${guestsOnly})
      ORDER BY access.file_id, access.user_id LIMIT ${budget + 1}
    ) a ORDER BY t.place, a.user_id`.execute(tx);
  const byFile = new Map<FileId, readonly Viewer[]>();
  const more = new Map<FileId, UserId>();
  for (const [id, viewers] of Map.groupBy(rows, (row) => row.fileId)) {
    const first = viewers.slice(0, budget);
    const last = first.at(-1);
    byFile.set(id, first);
    if (viewers.length > budget && last !== undefined) more.set(id, last.userId);
  }
  return { byFile, more };
}

/** Of files that many see: the rows of those who must not wait. */
async function readOwnersAndAuthors(tx: Tx, ids: readonly FileId[]): Promise<readonly Viewer[]> {
  const { rows } = await sql<Viewer>`
    SELECT a.user_id AS "userId", f.id AS "fileId", a.role, a.via
    FROM files f JOIN access a ON a.file_id = f.id
      AND a.user_id IN (f.owner_id, f.version_user_id, f.created_by)
    WHERE f.id = ANY(${ids}::uuid[]) AND a.role IS NOT NULL`.execute(tx);
  return rows;
}

/** The rows for the folder of those who made these files, by file. */
async function readAuthorsAbove(
  tx: Tx,
  files: readonly OrderedFile[],
): Promise<ReadonlyMap<FileId, readonly Viewer[]>> {
  if (files.length === 0) return new Map();
  const { rows } = await sql<Viewer>`
    SELECT a.user_id AS "userId", f.id AS "fileId", a.role, a.via
    FROM unnest(${files.map((file) => file.id)}::uuid[],
      ${files.map((file) => file.anchor)}::uuid[]) AS t (id, anchor)
    JOIN files f ON f.id = t.id
    JOIN access a ON a.file_id = t.anchor AND a.user_id = f.created_by
    WHERE a.role IN ('editor', 'viewer')`.execute(tx);
  return Map.groupBy(rows, (row) => row.fileId);
}

function withoutDoubles(viewers: readonly Viewer[]): readonly Viewer[] {
  return [...new Map(viewers.map((one) => [`${one.userId}/${one.fileId}`, one])).values()];
}

interface Rest {
  readonly more: ReadonlyMap<FileId, UserId>;
  readonly at: Date;
}

/** Everyone beyond the first few is told by a job. */
async function leaveFiles(tx: Tx, ids: readonly FileId[], { more, at }: Rest): Promise<void> {
  if (ids.length === 0) return;
  const { rows } = await sql<{ id: FileId; ownerId: UserId }>`
    SELECT id, owner_id AS "ownerId" FROM files WHERE id = ANY(${ids}::uuid[])`.execute(tx);
  for (const [ownerId, files] of Map.groupBy(rows, (row) => row.ownerId)) {
    const items = files.map(({ id }): FanoutItem => ({ fileId: id, after: more.get(id) ?? null }));
    await addFanout(tx, { ownerId, users: null, settles: [], items, at });
  }
}

/**
 * New folders need a job that also looks below them: what is put there before all have their row
 * for the folder is shown to those alone who have it.
 */
async function leaveCreated(
  tx: Tx,
  files: readonly OrderedFile[],
  { more, at }: Rest,
): Promise<void> {
  if (files.length === 0) return;
  const { rows } = await sql<{ id: FileId }>`
    SELECT id FROM files
    WHERE id = ANY(${files.map((file) => file.id)}::uuid[]) AND kind = 'folder'`.execute(tx);
  const folders = new Set(rows.map((row) => row.id));
  const { leaves = [], trees = [] } = Object.groupBy(files, ({ id }) =>
    folders.has(id) ? 'trees' : 'leaves',
  );
  for (const [ownerId, those] of Map.groupBy(leaves, (file) => file.ownerId)) {
    const items = those.map(({ id, anchor }): FanoutItem => {
      return { fileId: id, after: (anchor === null ? null : more.get(anchor)) ?? null };
    });
    await addFanout(tx, { ownerId, users: null, settles: [], items, at });
  }
  for (const { id, ownerId, anchor } of trees) {
    const { rows: guests } = await sql<{ userId: UserId }>`
      SELECT user_id AS "userId" FROM access
      WHERE file_id = ${anchor} AND role IN ('editor', 'viewer')
      ORDER BY user_id`.execute(tx);
    for (let from = 0; from < guests.length; from += fanoutLimits.usersPerJob) {
      const users = guests.slice(from, from + fanoutLimits.usersPerJob).map((row) => row.userId);
      const items = [{ fileId: id, after: null }];
      await addFanout(tx, { ownerId, users, settles: [], items, at });
    }
  }
}

interface OrderedFile extends CreatedFile {
  /** The nearest folder above that isn't itself among the created. */
  readonly anchor: FileId | null;
}

function parentsFirst(files: readonly CreatedFile[]): readonly OrderedFile[] {
  const byId = new Map(files.map((file) => [file.id, file]));
  const ordered = new Map<FileId, OrderedFile>();
  for (const file of files) {
    // The file and those of its ancestors that have no place yet, the file first.
    const chain: CreatedFile[] = [];
    let next: CreatedFile | undefined = file;
    while (next !== undefined && !ordered.has(next.id)) {
      chain.push(next);
      next = next.parentId === null ? undefined : byId.get(next.parentId);
    }
    let anchor = next === undefined ? undefined : ordered.get(next.id)?.anchor;
    for (const one of chain.reverse()) {
      if (anchor === undefined) anchor = one.parentId;
      ordered.set(one.id, { ...one, anchor });
    }
  }
  return [...ordered.values()];
}
