import { setTimeout as sleep } from 'node:timers/promises';
import { isAppError } from '@valise/core/errors';
import type { UploadId } from '@valise/core/ids';
import type { LeaseId } from '../db/tables.ts';
import type { StoredPart } from '../storage/object-store.ts';
import { askTargets, forgetLost, vouchedParts } from './assembly/ask-assembly.ts';
import { findAssembly } from './assembly/assembly-store.ts';
import { carryOut } from './assembly/carry-out.ts';
import { replan } from './assembly/replan.ts';
import { targetsOf } from './assembly/stored-plan.ts';
import { addParts } from './part-store.ts';
import { askStore, partsMissing } from './store-progress.ts';
import type { UploadDeps } from './upload-deps.ts';
import type { UploadRow } from './upload-row.ts';
import { dropLeases, extendLife, findUploads, keepLease, takeLease } from './upload-store.ts';

/** How long a second caller waits for the first before it answers 202. */
const PATIENCE_MILLISECONDS = 3_000;
const LOOK_MILLISECONDS = 50;

export type Assembly =
  /** One object stands at the key, of the planned size. */
  | { readonly kind: 'assembled'; readonly etag: string }
  /** Someone else did it meanwhile, or cancelled it: the row tells. */
  | { readonly kind: 'ended'; readonly row: UploadRow }
  /** Someone else is at it. */
  | { readonly kind: 'busy' };

/**
 * Has the store make one object of an upload's parts, and of what a plan copies, one server at a time.
 * May be done again after a crash at any point: what was assembled stands at the key. The lease is kept
 * for the commit. Throws `parts-missing`.
 */
export async function assembleUpload(deps: UploadDeps, row: UploadRow): Promise<Assembly> {
  const lease = deps.ambient.newId<LeaseId>();
  const waited = await waitForLease(deps, row.id, lease);
  if (waited !== null) return waited;
  const release = keepLease(deps.db, row.id, lease);
  try {
    const object = row.assembled ? await fromPlan(deps, row) : await fromParts(deps, row);
    if (object !== null) return { kind: 'assembled', etag: object.etag };
    // Every part was there a moment ago: someone else is about to assemble or cancels them.
    await dropLeases(deps.db, [row.id]);
    return (await findEnded(deps, row.id)) ?? { kind: 'busy' };
  } catch (error) {
    await dropLeases(deps.db, [row.id]);
    if (isAppError(error, 'store-unencrypted')) await deps.storage.store.remove([row.objectKey]);
    // What a cancel took away isn't missing.
    const ended = isAppError(error, 'parts-missing') ? await findEnded(deps, row.id) : null;
    if (ended !== null) return ended;
    throw error;
  } finally {
    release();
  }
}

type Assembled = { readonly etag: string } | null;

async function fromParts(deps: UploadDeps, row: UploadRow): Promise<Assembled> {
  const state = await askStore(deps, row);
  if (state.kind === 'object') return state;
  const parts = state.kind === 'parts' ? state.parts : [];
  await requireAll(deps, row, parts);
  const { objectKey, storeUploadId, size } = row;
  const { store } = deps.storage;
  const object = await store.completeMultipart(objectKey, storeUploadId ?? '', { parts, size });
  return object?.size === size ? object : null;
}

/** A plan that turns out not to be possible is replaced, and the new one is carried out instead. */
async function fromPlan(deps: UploadDeps, row: UploadRow): Promise<Assembled> {
  const assembly = await findAssembly(deps.db, row);
  if (assembly === null) return null;
  const states = await askTargets(deps, targetsOf(assembly));
  const own = states.get(assembly.object);
  if (own?.kind === 'object') return own;
  await forgetLost(deps.db, row, states);
  await requireAll(deps, row, vouchedParts(assembly, states));
  const carried = await carryOut(deps, assembly, states);
  if (carried.kind === 'done') return carried.object;
  const next = await replan(deps, row, { assembly, gone: carried.source });
  if (next.state !== 'pending') return null;
  // Of the new plan nothing has been sent.
  await requireAll(deps, next, []);
  return null;
}

async function requireAll(
  deps: UploadDeps,
  row: UploadRow,
  parts: readonly StoredPart[],
): Promise<void> {
  const missing = missingOf(row, parts);
  if (missing.length === 0) return;
  await noteProgress(deps, row, parts);
  throw partsMissing(missing);
}

async function findEnded(deps: UploadDeps, id: UploadId): Promise<Assembly | null> {
  const [row] = await findUploads(deps.db, [id]);
  return row === undefined || row.state === 'pending' ? null : { kind: 'ended', row };
}

async function waitForLease(
  deps: UploadDeps,
  id: UploadId,
  lease: LeaseId,
): Promise<Exclude<Assembly, { kind: 'assembled' }> | null> {
  const deadline = performance.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    if (await takeLease(deps.db, id, lease)) return null;
    const [row] = await findUploads(deps.db, [id]);
    if (row !== undefined && row.state !== 'pending') return { kind: 'ended', row };
    if (performance.now() > deadline) return { kind: 'busy' };
    await sleep(LOOK_MILLISECONDS);
  }
}

function missingOf(row: UploadRow, parts: readonly StoredPart[]): readonly number[] {
  const held = new Set(parts.map((part) => part.partNumber));
  const numbers = Array.from({ length: row.partCount }, (_, index) => index + 1);
  return numbers.filter((number) => !held.has(number));
}

/** A client that sends and sends and claims nothing lives on by what the sweeper sees arrive. */
async function noteProgress(
  deps: UploadDeps,
  { id }: UploadRow,
  parts: readonly StoredPart[],
): Promise<void> {
  if ((await addParts(deps.db, id, parts)) > 0) await extendLife(deps.db, id);
}
