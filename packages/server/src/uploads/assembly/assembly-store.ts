import type { ObjectId, UploadId } from '@valise/core/ids';
import { planUpload } from '@valise/core/plan';
import { sql } from 'kysely';
import type { Db, Tx } from '../../db/database.ts';
import { unnestRows } from '../unnest-rows.ts';
import type { UploadRow } from '../upload-row.ts';
import { type Assembly, type AssemblyTarget, type StoredPlan, sizeOfParts } from './stored-plan.ts';

export interface StagingRow {
  readonly staging: number;
  readonly key: string;
  readonly storeUploadId: string | null;
}

/** Null where there is no plan (any more): the upload has ended. */
export async function findAssembly(db: Db | Tx, row: UploadRow): Promise<Assembly | null> {
  const { rows } = await sql<{ plan: StoredPlan | null; stagings: StagingRow[] | null }>`
    SELECT p.plan, (
      SELECT json_agg(json_build_object('staging', s.staging, 'key', s.object_key,
        'storeUploadId', s.store_upload_id) ORDER BY s.staging)
      FROM upload_stagings s WHERE s.upload_id = p.upload_id
    ) AS stagings
    FROM upload_plans p WHERE p.upload_id = ${row.id}`.execute(db);
  const { plan = null, stagings = null } = rows[0] ?? {};
  if (plan === null) return null;
  const places = stagings ?? [];
  if (places.length !== plan.stagings.length) return null;
  const { objectKey: key, storeUploadId, size } = row;
  return {
    sources: plan.sources,
    object: { key, size, storeUploadId, parts: plan.parts, staging: null },
    stagings: places.map((place, n): AssemblyTarget => {
      const parts = plan.stagings[n] ?? [];
      return { ...place, size: sizeOfParts(parts), parts };
    }),
  };
}

/** The upload is locked and has no store upload yet. */
export async function insertPlan(
  tx: Tx,
  id: UploadId,
  { plan, stagingKeys }: { readonly plan: StoredPlan; readonly stagingKeys: readonly string[] },
): Promise<void> {
  const sent = [...plan.parts, ...plan.stagings.flat()].filter(({ kind }) => kind === 'upload');
  await sql`
    INSERT INTO upload_plans (upload_id, plan) VALUES (${id}, ${JSON.stringify(plan)}::jsonb)
    ON CONFLICT (upload_id) DO UPDATE SET plan = excluded.plan`.execute(tx);
  if (stagingKeys.length > 0) {
    await sql`
      INSERT INTO upload_stagings (upload_id, staging, object_key)
      SELECT ${id}, t.* FROM ${unnestRows([...stagingKeys.entries()], {
        staging: ['integer', ([staging]) => staging],
        object_key: ['text', ([, key]) => key],
      })}`.execute(tx);
  }
  await sql`
    INSERT INTO upload_sources (upload_id, object_id)
    SELECT ${id}, t.id FROM ${unnestRows(plan.sources, { id: ['uuid', (one) => one.id] })}
    ON CONFLICT DO NOTHING`.execute(tx);
  await sql`
    UPDATE uploads SET assembled = true, part_count = ${sent.length} WHERE id = ${id}`.execute(tx);
}

export async function findStagings(db: Db | Tx, id: UploadId): Promise<readonly StagingRow[]> {
  const { rows } = await sql<StagingRow>`
    SELECT staging, object_key AS key, store_upload_id AS "storeUploadId" FROM upload_stagings
    WHERE upload_id = ${id} ORDER BY staging`.execute(db);
  return rows;
}

/** Only the first of several that began it is kept: answers the one that counts. */
export async function rememberStaging(
  db: Db,
  key: string,
  storeUploadId: string,
): Promise<string | null> {
  const { rows } = await sql<{ storeUploadId: string | null }>`
    UPDATE upload_stagings s SET store_upload_id = coalesce(s.store_upload_id, ${storeUploadId})
    FROM uploads u WHERE s.object_key = ${key} AND u.id = s.upload_id AND u.state = 'pending'
    RETURNING s.store_upload_id AS "storeUploadId"`.execute(db);
  return rows[0]?.storeUploadId ?? null;
}

/** The store has lost what it held of it. */
export async function forgetStaging(db: Db, key: string, storeUploadId: string): Promise<void> {
  await sql`
    UPDATE upload_stagings SET store_upload_id = NULL
    WHERE object_key = ${key} AND store_upload_id = ${storeUploadId}`.execute(db);
}

/**
 * The locked upload is whole again, and not begun; `excluded` is remembered for the next plan. What
 * stands at the store is the caller's to see to.
 */
export async function dropPlan(
  tx: Tx,
  { id, size }: UploadRow,
  excluded: readonly ObjectId[],
): Promise<void> {
  const { partSize, partCount } = planUpload({ size });
  await sql`DELETE FROM upload_stagings WHERE upload_id = ${id}`.execute(tx);
  await sql`DELETE FROM upload_parts WHERE upload_id = ${id}`.execute(tx);
  await sql`DELETE FROM upload_sources WHERE upload_id = ${id}`.execute(tx);
  await sql`
    UPDATE upload_plans SET plan = NULL, excluded = excluded || ${excluded}::uuid[]
    WHERE upload_id = ${id}`.execute(tx);
  await sql`
    UPDATE uploads SET assembled = false, part_size = ${partSize}, part_count = ${partCount},
      store_upload_id = NULL
    WHERE id = ${id}`.execute(tx);
}

export async function findExcluded(db: Db, id: UploadId): Promise<ReadonlySet<ObjectId>> {
  const { rows } = await sql<{ excluded: ObjectId[] }>`
    SELECT excluded FROM upload_plans WHERE upload_id = ${id}`.execute(db);
  return new Set(rows[0]?.excluded);
}

/** Staging objects whose uploads may still need them. */
export async function stagingsInUse(db: Db, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ key: string }>`
    SELECT s.object_key AS key FROM upload_stagings s JOIN uploads u ON u.id = s.upload_id
    WHERE s.object_key = ANY(${keys}::text[]) AND u.state = 'pending'`.execute(db);
  return new Set(rows.map((row) => row.key));
}
