import type { ObjectId, UploadId, UserId } from '@valise/core/ids';
import { sampleChunks } from '@valise/core/manifest';
import { SINGLE_PUT_LIMIT } from '@valise/core/plan';
import { sql } from 'kysely';
import type { Db, Tx } from '../../db/database.ts';
import { readUploadRecords } from '../chunk-store.ts';
import type { UploadRow } from '../upload-row.ts';

/** Objects that are looked at for one sample: a chunk of zeros may stand in all of them. */
const OBJECTS_PER_SAMPLE = 16;
/** Enough to know which objects have much in common with a content. */
const MOST_SAMPLES = 4_096;

/** The samples of a content that is about to be committed; none of one too small to copy from. */
export async function samplesOf(db: Db, row: UploadRow): Promise<readonly bigint[]> {
  if (row.size <= SINGLE_PUT_LIMIT || row.chunkCount === null) return [];
  return sampleChunks(await readUploadRecords(db, row.id));
}

/** Makes the object of an upload that has just been committed findable by its chunks. */
export async function addSamples(
  tx: Tx,
  uploadId: UploadId,
  { objectId, samples }: { readonly objectId: ObjectId; readonly samples: readonly bigint[] },
): Promise<void> {
  if (samples.length === 0) return;
  await sql`
    INSERT INTO chunk_samples (uploader_id, sample, object_id)
    SELECT u.user_id, t.sample, ${objectId}
    FROM uploads u, unnest(${samples.map(String)}::bigint[]) AS t (sample)
    WHERE u.id = ${uploadId}
    ON CONFLICT DO NOTHING`.execute(tx);
}

/** This person's objects that have the most of these samples, best first. */
export async function findBySamples(
  db: Db,
  uploaderId: UserId,
  { samples, limit }: { readonly samples: readonly bigint[]; readonly limit: number },
): Promise<readonly ObjectId[]> {
  if (samples.length === 0) return [];
  const some = samples.slice(0, MOST_SAMPLES).map(String);
  const { rows } = await sql<{ objectId: ObjectId }>`
    SELECT s.object_id AS "objectId"
    FROM unnest(${some}::bigint[]) AS t (sample) CROSS JOIN LATERAL (
      SELECT object_id FROM chunk_samples
      WHERE uploader_id = ${uploaderId} AND sample = t.sample
      ORDER BY object_id DESC LIMIT ${OBJECTS_PER_SAMPLE}
    ) s
    GROUP BY s.object_id ORDER BY count(*) DESC, s.object_id DESC LIMIT ${limit}`.execute(db);
  return rows.map((row) => row.objectId);
}
