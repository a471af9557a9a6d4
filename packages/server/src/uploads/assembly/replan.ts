import type { ObjectId } from '@valise/core/ids';
import { inTransaction } from '../../db/database.ts';
import { addBeginning } from '../store-beginnings.ts';
import type { UploadDeps } from '../upload-deps.ts';
import type { UploadRow } from '../upload-row.ts';
import { findUploads, lockUploads } from '../upload-store.ts';
import { dropPlan } from './assembly-store.ts';
import { planUploadOf } from './plan-upload.ts';
import { type Assembly, targetsOf } from './stored-plan.ts';

/**
 * A plan that can't be carried out gives way to another one, without the source that isn't there (or
 * to none: then the file is uploaded whole). What was sent for the old one is sent again where the new
 * one needs it. Answers the row as it is then.
 */
export async function replan(
  deps: UploadDeps,
  row: UploadRow,
  { assembly, gone }: { readonly assembly: Assembly; readonly gone: ObjectId | null },
): Promise<UploadRow> {
  const targets = targetsOf(assembly);
  // Nobody will remember these store uploads: they are looked for at their keys and ended.
  for (const target of targets) await addBeginning(deps, target.key);
  await inTransaction(deps.db, async (tx) => {
    const [locked] = await lockUploads(tx, [row.id]);
    if (locked?.state !== 'pending' || locked.storeUploadId !== row.storeUploadId) return;
    await dropPlan(tx, locked, gone === null ? [] : [gone]);
  });
  const [dropped] = await findUploads(deps.db, [row.id]);
  return dropped?.state === 'pending' ? planUploadOf(deps, dropped) : (dropped ?? row);
}
