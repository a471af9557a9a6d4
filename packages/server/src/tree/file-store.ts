import type { FileId, UserId } from '@valise/core/ids';
import { type FileName, NAME_KEY_VERSION, nameKey } from '@valise/core/names';
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import { type FileRow, fileColumns, isLive, liesIn } from './file-row.ts';
import { inSlices } from './in-slices.ts';

/** A row to be: its name key is computed here, and nowhere else. */
export type NewFile = Omit<FileRow, 'nameKey' | 'deletionId' | 'requestHash' | 'sharedWith'> & {
  readonly requestHash?: Uint8Array | null;
};

export type FileChanges = Partial<
  Omit<
    FileRow,
    'id' | 'ownerId' | 'createdBy' | 'createdAt' | 'nameKey' | 'requestHash' | 'sharedWith'
  >
>;

/**
 * Locks rows, those in the trash too, in id order until the transaction ends. Ids that don't
 * exist (any more) are absent from the answer. The lock is the one that UPDATE takes: children
 * can still be created under a locked folder; that is what the tree locks are for.
 */
export async function lockFiles(tx: Tx, ids: readonly FileId[]): Promise<Map<FileId, FileRow>> {
  const locked = new Map<FileId, FileRow>();
  await inSlices(ids.length <= 1 ? ids : [...ids].sort(), async (some) => {
    const { rows } = await sql<FileRow>`
      SELECT ${fileColumns} FROM files f WHERE f.id = ANY(${some}::uuid[])
      ORDER BY f.id FOR NO KEY UPDATE`.execute(tx);
    for (const row of rows) locked.set(row.id, row);
  });
  return locked;
}

/** The live, confirmed files of one folder that hold these name keys. */
export async function findSiblings(
  db: Db | Tx,
  place: { readonly ownerId: UserId; readonly parentId: FileId | null },
  nameKeys: readonly string[],
): Promise<Map<string, FileRow>> {
  if (nameKeys.length === 0) return new Map();
  const { rows } = await sql<FileRow>`
    SELECT ${fileColumns} FROM files f
    WHERE ${liesIn(place.ownerId, place.parentId)} AND f.name_key = ANY(${nameKeys}::text[])
      AND ${isLive}`.execute(db);
  return new Map(rows.map((row) => [row.nameKey, row]));
}

/**
 * Inserts all, in one statement unless there are very many (then parents must come before their
 * children), and answers the ids that went in. A row is left out, without an error, when a live sibling holds its name or a row its id; a transaction that is just taking
 * that name is waited for. Rows go in by place and name, so that two batches can't deadlock.
 */
export async function insertFiles(tx: Tx, files: readonly NewFile[]): Promise<Set<FileId>> {
  const inserted = new Set<FileId>();
  await inSlices(files, async (some) => {
    const { rows } = await sql<{ id: FileId }>`
      ${filesInsertion(some)} ON CONFLICT DO NOTHING RETURNING id`.execute(tx);
    for (const { id } of rows) inserted.add(id);
  });
  return inserted;
}

/** The INSERT without its end: what is to be done about conflicts. */
export function filesInsertion(files: readonly NewFile[]): RawBuilder<unknown> {
  const rows = files.map((file) => ({ file, key: nameKey(file.name) })).sort(byPlace);
  const all = <T>(pick: (file: NewFile) => T) => rows.map(({ file }) => pick(file));
  return sql`
    INSERT INTO files (id, owner_id, created_by, parent_id, kind, status, name, name_key,
      name_key_version, target, executable, size, mime_type, object_id, version, version_user_id,
      version_device_id, version_at, modified_at, created_at, updated_at, request_hash)
    SELECT t.id, t.owner_id, t.created_by, t.parent_id, t.kind, t.status, t.name, t.name_key,
      ${NAME_KEY_VERSION}, t.target, t.executable, t.size, t.mime_type, t.object_id, t.version,
      t.version_user_id, t.version_device_id, t.version_at, t.modified_at, t.created_at,
      t.updated_at, t.request_hash
    FROM unnest(
      ${all((file) => file.id)}::uuid[], ${all((file) => file.ownerId)}::uuid[],
      ${all((file) => file.createdBy)}::uuid[], ${all((file) => file.parentId)}::uuid[],
      ${all((file) => file.kind)}::text[], ${all((file) => file.status)}::text[],
      ${all((file) => file.name)}::text[], ${rows.map(({ key }) => key)}::text[],
      ${all((file) => file.target)}::text[], ${all((file) => file.executable)}::boolean[],
      ${all((file) => file.size)}::bigint[], ${all((file) => file.mimeType)}::text[],
      ${all((file) => file.objectId)}::uuid[], ${all((file) => file.version)}::integer[],
      ${all((file) => file.versionUserId)}::uuid[], ${all((file) => file.versionDeviceId)}::uuid[],
      ${all((file) => file.versionAt)}::timestamptz[],
      ${all((file) => file.modifiedAt)}::timestamptz[],
      ${all((file) => file.createdAt)}::timestamptz[],
      ${all((file) => file.updatedAt)}::timestamptz[],
      ${all((file) => file.requestHash ?? null)}::bytea[]
    ) AS t (id, owner_id, created_by, parent_id, kind, status, name, name_key, target, executable,
      size, mime_type, object_id, version, version_user_id, version_device_id, version_at,
      modified_at, created_at, updated_at, request_hash)`;
}

interface Keyed {
  readonly file: NewFile;
  readonly key: string;
}

function byPlace(a: Keyed, b: Keyed): number {
  return (
    compare(a.file.ownerId, b.file.ownerId) ||
    compare(a.file.parentId ?? '', b.file.parentId ?? '') ||
    compare(a.key, b.key)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/**
 * Changes one row, which the caller has locked. A name that a live sibling holds is refused by
 * the index `files_live_name` as a unique violation: look first, under the tree lock.
 */
export async function updateFile(tx: Tx, id: FileId, changes: FileChanges): Promise<void> {
  const columns = toColumns(changes);
  if (Object.keys(columns).length === 0) return;
  await tx.updateTable('files').set(columns).where('id', '=', id).executeTakeFirstOrThrow();
}

const COLUMN_OF = {
  parentId: 'parent_id',
  kind: 'kind',
  status: 'status',
  name: 'name',
  target: 'target',
  executable: 'executable',
  size: 'size',
  mimeType: 'mime_type',
  objectId: 'object_id',
  version: 'version',
  versionUserId: 'version_user_id',
  versionDeviceId: 'version_device_id',
  versionAt: 'version_at',
  modifiedAt: 'modified_at',
  updatedAt: 'updated_at',
  deletionId: 'deletion_id',
} as const satisfies Record<keyof FileChanges, string>;

function toColumns(changes: FileChanges): Record<string, unknown> {
  const columns: Record<string, unknown> = {};
  for (const [field, column] of Object.entries(COLUMN_OF)) {
    const value = changes[field as keyof FileChanges];
    if (value !== undefined) columns[column] = value;
  }
  return changes.name === undefined ? columns : { ...columns, ...nameColumns(changes.name) };
}

function nameColumns(name: FileName) {
  return { name_key: nameKey(name), name_key_version: NAME_KEY_VERSION };
}
