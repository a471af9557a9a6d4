import type { Db } from '../../db/database.ts';
import type { StoredPart } from '../../storage/object-store.ts';
import { mapBounded } from '../bounded.ts';
import { headNewObject } from '../head-new-object.ts';
import type { UploadDeps } from '../upload-deps.ts';
import type { UploadRow } from '../upload-row.ts';
import { forgetStoreUpload } from '../upload-store.ts';
import { forgetStaging } from './assembly-store.ts';
import { STORE_CALLS } from './open-assembly.ts';
import { slotsOf } from './sent-parts.ts';
import { type Assembly, type AssemblyTarget, targetsOf } from './stored-plan.ts';

/** How one object in the making stands at the store. */
export type TargetState =
  /** What it holds of it, by the store's numbers; only parts of the planned size count. */
  | { readonly kind: 'parts'; readonly parts: ReadonlyMap<number, StoredPart> }
  | { readonly kind: 'object'; readonly etag: string }
  /** It was begun, and the store knows nothing of it (any more). */
  | { readonly kind: 'lost' };

export type TargetStates = ReadonlyMap<AssemblyTarget, TargetState>;

/** Asks the store about the targets, all by default. Its word alone counts. */
export async function askTargets(
  deps: UploadDeps,
  targets: readonly AssemblyTarget[],
): Promise<TargetStates> {
  const states = await mapBounded(targets, STORE_CALLS, (target) => askTarget(deps, target));
  return new Map(targets.map((target, n) => [target, states[n] ?? { kind: 'lost' }]));
}

async function askTarget(
  { storage: { store } }: UploadDeps,
  { key, size, storeUploadId, parts }: AssemblyTarget,
): Promise<TargetState> {
  if (storeUploadId === null) return { kind: 'parts', parts: new Map() };
  const listed = await store.listParts(key, storeUploadId);
  if (listed !== null) {
    const sound = listed.filter((part) => parts[part.partNumber - 1]?.size === part.size);
    return { kind: 'parts', parts: new Map(sound.map((part) => [part.partNumber, part])) };
  }
  const object = await headNewObject(store, key);
  if (object?.size === size) return { kind: 'object', etag: object.etag };
  if (object !== null) await store.remove([key]);
  return { kind: 'lost' };
}

/** Which of the parts that clients send the store vouches for, by our numbers. */
export function vouchedParts(assembly: Assembly, states: TargetStates): readonly StoredPart[] {
  return slotsOf(assembly).flatMap(({ target, storePart, size }, index): readonly StoredPart[] => {
    const state = states.get(target);
    const partNumber = index + 1;
    // It has gone into the staging object, and its own ETag with it.
    if (state?.kind === 'object') return [{ partNumber, size, etag: state.etag }];
    const part = state?.kind === 'parts' ? state.parts.get(storePart) : undefined;
    return part === undefined ? [] : [{ ...part, partNumber }];
  });
}

/** Those of the targets that take parts `from` to `to`. */
export function targetsOfParts(
  assembly: Assembly,
  { from = 1, to = Number.POSITIVE_INFINITY }: { readonly from?: number; readonly to?: number },
): readonly AssemblyTarget[] {
  if (from === 1 && to === Number.POSITIVE_INFINITY) return targetsOf(assembly);
  const slots = slotsOf(assembly).slice(from - 1, to);
  return [...new Set([assembly.object, ...slots.map((slot) => slot.target)])];
}

/** So that what the store lost is begun anew. */
export async function forgetLost(db: Db, row: UploadRow, states: TargetStates): Promise<void> {
  for (const [{ key, staging, storeUploadId }, state] of states) {
    if (state.kind !== 'lost' || storeUploadId === null) continue;
    if (staging === null) await forgetStoreUpload(db, row);
    else await forgetStaging(db, key, storeUploadId);
  }
}
