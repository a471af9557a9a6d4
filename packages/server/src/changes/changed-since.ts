import { AppError } from '@valise/core/errors';
import type { FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Tx } from '../db/database.ts';
import type { FeedPosition } from './feed-cursor.ts';
import { readFeedState } from './feed-store.ts';
import { requireValid } from './read-changes.ts';

/** Named in a refusal; whoever gets so many has to poll anyway. */
const NAMED_AT_MOST = 1_000;

/**
 * Throws `changed-since` when of these files, other than folders, any has news that the holder of
 * this position hasn't been told. Also `feed-reset`, `cursor-expired`.
 */
export async function requireUnchangedSince(
  tx: Tx,
  { userId, since }: { readonly userId: UserId; readonly since: FeedPosition },
  fileIds: readonly FileId[],
): Promise<void> {
  await requireValid(tx, userId, { state: await readFeedState(tx, userId), since });
  const { rows } = await sql<{ id: FileId }>`
    SELECT f.id FROM unnest(${fileIds}::uuid[]) AS t (id)
    JOIN files f ON f.id = t.id AND f.kind <> 'folder'
    JOIN access a ON a.user_id = ${userId} AND a.file_id = t.id
    WHERE a.seq > ${since.seq} OR t.id IN (
      -- Changes that a job has yet to tell this person of.
      SELECT i.file_id FROM fanout_items i JOIN fanouts j ON j.id = i.fanout_id
      WHERE j.users IS NULL AND (i.after IS NULL OR i.after < ${userId}::uuid)
    ) LIMIT ${NAMED_AT_MOST}`.execute(tx);
  if (rows.length === 0) return;
  throw new AppError('changed-since', 'It changed since you saw it.', {
    details: { fileIds: rows.map(({ id }) => id) },
  });
}
