import type { Db } from '../../db/database.ts';
import { mapBounded } from '../bounded.ts';
import { addBeginning } from '../store-beginnings.ts';
import type { UploadDeps } from '../upload-deps.ts';
import type { UploadRow } from '../upload-row.ts';
import { rememberStoreUpload, uploadNotFound } from '../upload-store.ts';
import { rememberStaging } from './assembly-store.ts';
import { type Assembly, type AssemblyTarget, targetsOf } from './stored-plan.ts';

/** Calls to the store at once for one upload: as many as copies. */
export const STORE_CALLS = 16;

/** Begins the store uploads of all targets that have none. Throws `upload-not-found`. */
export async function openAssembly(deps: UploadDeps, row: UploadRow, assembly: Assembly) {
  const missing = targetsOf(assembly).filter((target) => target.storeUploadId === null);
  await mapBounded(missing, STORE_CALLS, (target) => openTarget(deps, row, target));
}

async function openTarget(
  deps: UploadDeps,
  row: UploadRow,
  { key, staging }: AssemblyTarget,
): Promise<void> {
  const { store } = deps.storage;
  await addBeginning(deps, key);
  const made = await store.createMultipart(key, { mimeType: row.mimeType });
  const kept = await remember(deps.db, row, { key, staging, made });
  if (kept !== made) await store.abortMultipart(key, made);
  if (kept === null) throw uploadNotFound();
}

function remember(
  db: Db,
  row: UploadRow,
  { key, staging, made }: { key: string; staging: number | null; made: string },
): Promise<string | null> {
  return staging === null ? rememberStoreUpload(db, row, made) : rememberStaging(db, key, made);
}
