import type { ObjectId } from '@valise/core/ids';
import {
  matchChunks,
  recordCount,
  sampleChunks,
  sizeAt,
  sliceRecords,
} from '@valise/core/manifest';
import type { ContentRun } from '@valise/core/plan';
import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { UploadRow } from '../upload-row.ts';
import { findBySamples } from './chunk-samples.ts';
import type { PlanSource } from './stored-plan.ts';

/** A content that parts of a new one may be copied from. */
export interface ChunkedSource extends PlanSource {
  readonly size: number;
  readonly manifest: Buffer;
}

/** Other own objects beside the base: more hardly ever add anything. */
const MOST_OTHERS = 8;
/** Fewer unknown bytes than this aren't worth looking further for. */
const WORTH_SEARCHING = 1_048_576;

const source = sql<ChunkedSource>`o.id, o.key, o.size, o.manifest`;

/**
 * What the store has of this content *for this person*: the version that the upload is based on, and
 * their own objects. A hash tells nobody whether somebody else has a content.
 */
export async function findSources(
  db: Db,
  row: UploadRow,
  { records, excluded }: { readonly records: Uint8Array; readonly excluded: ReadonlySet<ObjectId> },
): Promise<{ readonly sources: readonly ChunkedSource[]; readonly runs: readonly ContentRun[] }> {
  const base = (await findBase(db, row)).filter(({ id }) => !excluded.has(id));
  const runs = matchAll(records, base);
  const unknown = runs.reduce((sum, run) => (run.source === null ? sum + run.size : sum), 0);
  if (unknown < WORTH_SEARCHING) return { sources: base, runs };
  const samples = samplesOfUnknown(records, runs);
  const found = await findBySamples(db, row.userId, { samples, limit: MOST_OTHERS });
  const known = new Set([...base.map(({ id }) => id), ...excluded]);
  const others = await readOwn(
    db,
    row,
    found.filter((id) => !known.has(id)),
  );
  if (others.length === 0) return { sources: base, runs };
  const sources = [...base, ...others];
  return { sources, runs: matchAll(records, sources) };
}

function matchAll(records: Uint8Array, sources: readonly ChunkedSource[]): readonly ContentRun[] {
  return matchChunks(
    records,
    sources.map((one) => one.manifest),
  );
}

/**
 * The base version, or without one what the file holds now. One's own content is trusted to be
 * what its author said; another's only if this client verified its bytes. Versions that have been
 * replaced are for the tree's owner: others may not have been allowed to read them.
 */
async function findBase(db: Db, row: UploadRow): Promise<readonly ChunkedSource[]> {
  const { rows } = await sql<ChunkedSource>`
    SELECT ${source} FROM uploads u JOIN files f ON f.id = u.file_id JOIN objects o ON o.id = (
      CASE WHEN u.base_mode <> 'version' OR f.version = u.base_version THEN f.object_id ELSE (
        SELECT v.object_id FROM file_versions v
        WHERE v.file_id = f.id AND v.version = u.base_version
      ) END
    )
    WHERE u.id = ${row.id} AND f.status = 'uploaded' AND ${isUsable(row)}
      AND (o.uploader_id = u.user_id OR (u.base_verified AND u.base_mode = 'version'
        AND (f.version = u.base_version OR f.owner_id = u.user_id)))`.execute(db);
  return rows;
}

async function readOwn(
  db: Db,
  row: UploadRow,
  ids: readonly ObjectId[],
): Promise<readonly ChunkedSource[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<ChunkedSource>`
    SELECT ${source} FROM objects o
    WHERE o.id = ANY(${ids}::uuid[]) AND o.uploader_id = ${row.userId} AND ${isUsable(row)}
    ORDER BY array_position(${ids}::uuid[], o.id)`.execute(db);
  return rows;
}

function isUsable(row: UploadRow) {
  return sql<boolean>`(o.state = 'live' AND o.store = ${row.store} AND o.manifest IS NOT NULL
    AND o.content_encoding IS NULL)`;
}

/** Samples of the chunks that lie in unknown runs. */
function samplesOfUnknown(records: Uint8Array, runs: readonly ContentRun[]): readonly bigint[] {
  const samples: bigint[] = [];
  let at = 0;
  for (const run of runs) {
    const first = at;
    for (let size = 0; size < run.size && at < recordCount(records); at++)
      size += sizeAt(records, at);
    if (run.source === null)
      samples.push(...sampleChunks(sliceRecords(records, first, at - first)));
  }
  return samples;
}
