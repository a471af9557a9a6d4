import type { FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Tx } from '../db/database.ts';
import type { GrantId, Role } from '../db/tables.ts';
import { type FeedRow, writeFeedRows } from './write-feed-rows.ts';

/*
 * What every transaction that changes the tree does last, with the tree locks of the owners and
 * the rows of the files held:
 *
 *  1. a statement of its own reads who has access: its snapshot is younger than the locks, so it
 *     sees whoever gained access while we waited, and nobody can gain any until commit;
 *  2. `writeFeedRows` hands out the places.
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
 * Files that came into the tree, or came back: everyone who sees the folder sees them, at a place
 * after their parent's, in whatever order they are given.
 */
export async function recordCreated(
  tx: Tx,
  files: readonly CreatedFile[],
  at: Date,
): Promise<void> {
  const ordered = parentsFirst(files);
  const guests = await readGuests(tx, new Set(ordered.map((file) => file.anchor)));
  const rows = ordered.flatMap(({ id, ownerId, anchor }): FeedRow[] => [
    { userId: ownerId, fileId: id, role: 'owner', via: null, reason: null },
    ...(guests.get(anchor) ?? []).map(({ userId, role, via }) => {
      return { userId, fileId: id, role, via, reason: null };
    }),
  ]);
  await writeFeedRows(tx, rows, at);
}

/** Files with a new state: content, name, place or mode. */
export async function recordChanged(tx: Tx, ids: readonly FileId[], at: Date): Promise<void> {
  const viewers = await readViewers(tx, ids);
  const rows = viewers.map((viewer): FeedRow => ({ ...viewer, reason: null }));
  await writeFeedRows(tx, rows, at);
}

/** Files that are gone for everyone: tombstones stay, so that each device hears of it. */
export async function recordRemoved(
  tx: Tx,
  ids: readonly FileId[],
  at: Date,
  reason: 'deleted' | 'unshared',
): Promise<void> {
  const viewers = await readViewers(tx, ids);
  const rows = viewers.map(({ userId, fileId }): FeedRow => {
    return { userId, fileId, role: null, via: null, reason };
  });
  await writeFeedRows(tx, rows, at);
}

/** In the order of `ids`. */
async function readViewers(tx: Tx, ids: readonly FileId[]): Promise<readonly Viewer[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Viewer>`
    SELECT a.user_id AS "userId", a.file_id AS "fileId", a.role, a.via
    FROM unnest(${ids}::uuid[]) WITH ORDINALITY AS t (file_id, place)
    JOIN access a ON a.file_id = t.file_id
    WHERE a.role IS NOT NULL ORDER BY t.place, a.user_id`.execute(tx);
  return rows;
}

/** Who besides the owner sees these folders. */
async function readGuests(
  tx: Tx,
  folders: ReadonlySet<FileId | null>,
): Promise<ReadonlyMap<FileId | null, readonly Viewer[]>> {
  const ids = [...folders].filter((id) => id !== null);
  if (ids.length === 0) return new Map();
  const { rows } = await sql<Viewer>`
    SELECT a.user_id AS "userId", a.file_id AS "fileId", a.role, a.via
    FROM access a WHERE a.file_id = ANY(${ids}::uuid[]) AND a.role IN ('editor', 'viewer')
    ORDER BY a.user_id`.execute(tx);
  return Map.groupBy(rows, (row) => row.fileId);
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
