import type { FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { findVisible, type VisibleFile } from '../tree/visible-file.ts';
import { batchPrefix } from '../uploads/object-keys.ts';

/** A single file is as well served by a link. */
const LEAST_FILES = 2;
/** Each takes 1 KB of headers, and proxies take 4 KB of these all in all. */
const MOST_BATCHES = 2;
/** Contents that are in many trees take many look-ups: then links are the cheaper way. */
const MOST_ROWS = 1_000;

/**
 * Of the batches that `files` lie in, those of which this person may read every object, now: whatever
 * their keys begin with may be opened to them. One that holds anything else — what is being
 * uploaded, superseded, trashed, somebody else's by now — is none of them. No object is ever
 * added to a batch after the transaction that made its first.
 */
export async function findOpenBatches(
  db: Db,
  userId: UserId,
  files: Iterable<VisibleFile>,
): Promise<ReadonlySet<string>> {
  const batches = Map.groupBy(
    [...files].flatMap(({ object }) => object ?? []),
    ({ key }) => batchPrefix(key),
  );
  const candidates = [...batches]
    .filter(([, objects]) => objects.length >= LEAST_FILES)
    .sort(([, one], [, other]) => other.length - one.length)
    .slice(0, MOST_BATCHES);
  const open = new Set<string>();
  for (const [prefix] of candidates) {
    if (await isOpen(db, userId, prefix)) open.add(prefix);
  }
  return open;
}

async function isOpen(db: Db, userId: UserId, prefix: string): Promise<boolean> {
  const rows = await readBatch(db, prefix);
  if (rows.length > MOST_ROWS) return false;
  const visible = await findVisible(
    db,
    userId,
    rows.flatMap(({ fileId }) => fileId ?? []),
  );
  const readable = new Set([...visible.values()].map(({ object }) => object?.key));
  return rows.every(({ key }) => readable.has(key));
}

interface BatchRow {
  readonly key: string;
  /** One of those that have this content; null for a key that no live file has. */
  readonly fileId: FileId | null;
}

/** Every key that begins so and at which the store may have bytes, in one snapshot. */
async function readBatch(db: Db, prefix: string): Promise<readonly BatchRow[]> {
  // '0' follows '/'.
  const end = prefix.replace(/\/$/, '0');
  const { rows } = await sql<BatchRow>`
    SELECT b.key, f.id AS "fileId" FROM (
      SELECT key, id FROM objects WHERE key >= ${prefix} AND key < ${end}
      UNION ALL
      SELECT object_key, NULL FROM uploads
      WHERE object_key >= ${prefix} AND object_key < ${end} AND state <> 'done'
      UNION ALL
      SELECT object_key, NULL FROM upload_stagings
      WHERE object_key >= ${prefix} AND object_key < ${end}
      UNION ALL
      SELECT object_key, NULL FROM store_removals
      WHERE object_key >= ${prefix} AND object_key < ${end}
    ) b LEFT JOIN files f
      ON f.object_id = b.id AND f.deletion_id IS NULL AND f.status = 'uploaded'
    LIMIT ${MOST_ROWS + 1}`.execute(db);
  return rows;
}
