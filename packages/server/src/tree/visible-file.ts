import { AppError } from '@valise/core/errors';
import type { FileId, ObjectId, UserId } from '@valise/core/ids';
import type { ContentEncoding } from '@valise/core/wire';
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import type { Role } from '../db/tables.ts';
import { type FileRow, fileColumns } from './file-row.ts';
import { isSharedRoot, roleOf } from './role-of.ts';

/** The content behind a file, as much as a listing needs. */
export interface FileContent {
  readonly id: ObjectId;
  readonly key: string;
  readonly size: number;
  readonly storedSize: number | null;
  readonly contentEncoding: ContentEncoding | null;
  readonly fingerprint: Buffer | null;
  readonly recipe: string | null;
  readonly chunkCount: number;
}

/** A file together with what one person may do with it. */
export interface VisibleFile {
  readonly row: FileRow;
  readonly role: Role;
  /** It has a parent which this person can't see. */
  readonly sharedRoot: boolean;
  readonly object: FileContent | null;
  /** Only of what lies in the trash. */
  readonly deletion: { readonly at: Date; readonly by: UserId } | null;
}

/** A row of `visibleColumns`, with the deletion of what is in the trash. */
export interface VisibleColumns extends FileRow {
  readonly role: Role;
  readonly sharedRoot: boolean;
  readonly key: string | null;
  readonly objectSize: number;
  readonly storedSize: number | null;
  readonly contentEncoding: ContentEncoding | null;
  readonly fingerprint: Buffer | null;
  readonly recipe: string | null;
  readonly chunkCount: number;
  readonly deletedAt?: Date | null;
  readonly deletedBy?: UserId | null;
}

/** Goes with `visibleColumns`: the content of `files AS f`, if any. */
export const joinContent = sql`LEFT JOIN objects o ON o.id = f.object_id`;

/** Selects from `files AS f` and `joinContent`, given the role as an expression. */
export function visibleColumns(role: RawBuilder<Role>, userId: UserId): RawBuilder<VisibleColumns> {
  return sql`
    ${fileColumns}, ${role} AS role, ${isSharedRoot(userId, 'f')} AS "sharedRoot",
    o.key, o.size AS "objectSize", o.stored_size AS "storedSize",
    o.content_encoding AS "contentEncoding", o.fingerprint, o.recipe, o.chunk_count AS "chunkCount"`;
}

export function toVisibleFile(columns: VisibleColumns): VisibleFile {
  const { role, sharedRoot, key, objectSize, fingerprint, recipe, chunkCount } = columns;
  const { deletedAt, deletedBy, objectId, storedSize, contentEncoding } = columns;
  const content = { key, size: objectSize, storedSize, contentEncoding, fingerprint, recipe };
  return {
    row: columns,
    role,
    sharedRoot,
    object:
      objectId === null || key === null ? null : { id: objectId, ...content, key, chunkCount },
    deletion: deletedAt && deletedBy ? { at: deletedAt, by: deletedBy } : null,
  };
}

/**
 * The files among `ids` that this person may see: live ones in which they have a role (`roleOf`),
 * and what they are uploading themselves, with the role that they have in its folder. What lies
 * in the trash is not visible here (`findTrashed`).
 *
 * One key lookup after the other; OFFSET 0 keeps the planner from merging them. That the file is
 * live is asked outside, for inside it invites an index of live files, all of which would be read
 * for each id.
 */
export async function findVisible(
  db: Db | Tx,
  userId: UserId,
  ids: readonly FileId[],
): Promise<Map<FileId, VisibleFile>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<VisibleColumns>`
    SELECT ${visibleColumns(sql`r.role`, userId)}
    FROM unnest(${[...new Set(ids)]}::uuid[]) AS wanted (id)
    CROSS JOIN LATERAL (SELECT * FROM files WHERE files.id = wanted.id OFFSET 0) f
    CROSS JOIN LATERAL (SELECT ${roleOf(userId, 'f')} AS role OFFSET 0) r ${joinContent}
    WHERE f.deletion_id IS NULL AND (f.status = 'uploaded' OR f.created_by = ${userId})
      AND r.role IS NOT NULL`.execute(db);
  return new Map(rows.map((row) => [row.id, toVisibleFile(row)]));
}

/** Throws `file-not-found` also for what exists but isn't theirs to see. */
export async function requireVisible(
  db: Db | Tx,
  userId: UserId,
  id: FileId,
): Promise<VisibleFile> {
  const file = (await findVisible(db, userId, [id])).get(id);
  if (file === undefined) throw new AppError('file-not-found', `There is no file ${id}.`);
  return file;
}

const RANK: Readonly<Record<Role, number>> = { viewer: 0, editor: 1, owner: 2 };

/** Throws `forbidden` for who may see the file, but not do this. */
export function requireRole(file: VisibleFile, atLeast: Role): void {
  if (RANK[file.role] >= RANK[atLeast]) return;
  throw new AppError('forbidden', `You are ${file.role} of this file; this takes the ${atLeast}.`);
}

/** Throws `not-uploaded` for what awaits its first content. */
export function requireUploaded({ row }: VisibleFile): void {
  if (row.status === 'uploaded') return;
  throw new AppError('not-uploaded', 'Finish this upload first, or cancel it.');
}
