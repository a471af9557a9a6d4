import type { ObjectId } from '@valise/core/ids';
import { planAssembly, SINGLE_PUT_LIMIT } from '@valise/core/plan';
import { sql } from 'kysely';
import { inTransaction, type Tx } from '../../db/database.ts';
import type { StoreRemovalId } from '../../db/tables.ts';
import { readUploadRecords } from '../chunk-store.ts';
import { batchKeys } from '../object-keys.ts';
import { addRemovals } from '../store-removals.ts';
import type { UploadDeps } from '../upload-deps.ts';
import { hasWholeChunkList, type UploadRow } from '../upload-row.ts';
import { findUploads, lockUploads } from '../upload-store.ts';
import { findExcluded, insertPlan } from './assembly-store.ts';
import { findSources } from './find-sources.ts';
import type { StoredPlan } from './stored-plan.ts';

/**
 * Decides, once, whether an upload that hasn't been begun at the store is put together from what is
 * there, and writes the plan down: with it, pinned against the collector, its sources, and the
 * removals of its staging objects before any of them is made. Answers the row as it is then.
 */
export async function planUploadOf(
  deps: UploadDeps,
  row: UploadRow,
  given?: Uint8Array,
): Promise<UploadRow> {
  if (!mayBeAssembled(deps, row)) return row;
  const records = given ?? (await readUploadRecords(deps.db, row.id));
  const excluded = await findExcluded(deps.db, row.id);
  const { sources, runs } = await findSources(deps.db, row, { records, excluded });
  const { composing } = deps.storage.abilities;
  const plan = planAssembly({ runs, sources, composing });
  if (plan.kind === 'whole') return row;
  const { parts, stagings } = plan;
  const stored = { sources: sources.map(({ id, key }) => ({ id, key })), parts, stagings };
  await inTransaction(deps.db, (tx) => writePlan(tx, deps, { row, plan: usedOnly(stored) }));
  return (await findUploads(deps.db, [row.id]))[0] ?? row;
}

function mayBeAssembled({ storage }: UploadDeps, row: UploadRow): boolean {
  return (
    row.size > SINGLE_PUT_LIMIT &&
    row.chunkCount !== null &&
    hasWholeChunkList(row) &&
    row.storeUploadId === null &&
    !row.assembled &&
    row.store === storage.store.name &&
    storage.abilities.composing !== null
  );
}

/** What a plan doesn't copy from needn't be kept for it. */
function usedOnly({ sources, parts, stagings }: StoredPlan): StoredPlan {
  const all = [...parts, ...stagings.flat()];
  const used = new Set(all.flatMap((part) => (part.kind === 'copy' ? [part.object] : [])));
  const places = [...used].sort((a, b) => a - b);
  const renumber = (list: StoredPlan['parts']) =>
    list.map((part) =>
      part.kind === 'copy' ? { ...part, object: places.indexOf(part.object) } : part,
    );
  return {
    sources: sources.filter((_, place) => used.has(place)),
    parts: renumber(parts),
    stagings: stagings.map(renumber),
  };
}

/** Nothing where the upload ended or was begun meanwhile, or a source is about to go. */
async function writePlan(
  tx: Tx,
  deps: UploadDeps,
  { row, plan }: { readonly row: UploadRow; readonly plan: StoredPlan },
): Promise<void> {
  const [locked] = await lockUploads(tx, [row.id]);
  if (locked?.state !== 'pending' || locked.assembled || locked.storeUploadId !== null) return;
  if (!(await lockSources(tx, plan))) return;
  const keyOf = batchKeys(deps.ambient);
  const stagingKeys = plan.stagings.map((_, n) => keyOf(n));
  await insertPlan(tx, row.id, { plan, stagingKeys });
  await addRemovals(
    tx,
    stagingKeys.map((objectKey) => ({
      id: deps.ambient.newId<StoreRemovalId>(),
      store: row.store,
      objectKey,
      storeUploadId: null,
    })),
  );
}

async function lockSources(tx: Tx, { sources }: StoredPlan): Promise<boolean> {
  const ids = sources.map(({ id }) => id);
  const { rows } = await sql<{ id: ObjectId }>`
    SELECT id FROM objects WHERE id = ANY(${ids}::uuid[]) AND state = 'live'
    ORDER BY id FOR SHARE`.execute(tx);
  return rows.length === ids.length;
}
