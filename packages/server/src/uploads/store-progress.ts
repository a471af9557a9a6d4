import { AppError } from '@valise/core/errors';
import { partRange } from '@valise/core/plan';
import type { StoredPart } from '../storage/object-store.ts';
import { askTargets, forgetLost, targetsOfParts, vouchedParts } from './assembly/ask-assembly.ts';
import { findAssembly } from './assembly/assembly-store.ts';
import { openAssembly } from './assembly/open-assembly.ts';
import { planUploadOf } from './assembly/plan-upload.ts';
import { headNewObject } from './head-new-object.ts';
import { addParts, keepOnlyParts, type VouchedParts } from './part-store.ts';
import { addBeginning } from './store-beginnings.ts';
import type { UploadDeps } from './upload-deps.ts';
import { hasWholeChunkList, isSingle, objectSize, type UploadRow } from './upload-row.ts';
import {
  expectBytes,
  extendLife,
  findUploads,
  forgetStoreUpload,
  rememberStoreUpload,
  uploadNotFound,
} from './upload-store.ts';

/**
 * The row with what it needs at the store, made now if it wasn't: nothing for a plain PUT. As long as
 * the chunk list is on its way nothing is made, because a plan may yet decide what is needed.
 */
export async function openStoreUpload(
  deps: UploadDeps,
  row: UploadRow,
  records?: Uint8Array,
): Promise<UploadRow> {
  if (!hasWholeChunkList(row)) return row;
  return ensureStoreUpload(deps, await planUploadOf(deps, row, records));
}

/** The same without a plan, if none is made yet: for whoever goes by the parts that were told. */
export async function ensureStoreUpload(deps: UploadDeps, row: UploadRow): Promise<UploadRow> {
  if (isSingle(row)) return row;
  if (row.assembled) return ensureAssembly(deps, row);
  if (row.storeUploadId !== null) return row;
  const { store } = deps.storage;
  await addBeginning(deps, row.objectKey);
  const made = await store.createMultipart(row.objectKey, { mimeType: row.mimeType });
  const storeUploadId = await rememberStoreUpload(deps.db, row, made);
  if (storeUploadId !== made) await store.abortMultipart(row.objectKey, made);
  if (storeUploadId !== null) return { ...row, storeUploadId };
  const [now] = await findUploads(deps.db, [row.id]);
  // Somebody else made a plan for it meanwhile.
  if (now?.state === 'pending' && now.assembled) return ensureAssembly(deps, now);
  throw uploadNotFound();
}

async function ensureAssembly(deps: UploadDeps, row: UploadRow): Promise<UploadRow> {
  const assembly = await findAssembly(deps.db, row);
  if (assembly === null) throw uploadNotFound();
  await openAssembly(deps, row, assembly);
  return (await findUploads(deps.db, [row.id]))[0] ?? row;
}

export type StoreState =
  /** What the store holds of it. */
  | { readonly kind: 'parts'; readonly parts: readonly StoredPart[] }
  /** The object stands complete. */
  | { readonly kind: 'object'; readonly etag: string }
  /** The store knows neither the upload nor the object. */
  | { readonly kind: 'lost' };

/**
 * Asks the store, whose word alone counts. Parts of another size than planned don't exist here.
 * An object of the wrong size, which a store that checks lengths can't have, is removed: it
 * would stand in the way of the right one.
 */
export async function askStore(
  deps: UploadDeps,
  row: UploadRow,
  range: { readonly from?: number; readonly to?: number } = {},
): Promise<StoreState> {
  const { store } = deps.storage;
  if (row.assembled) return askAssembly(deps, row, range);
  if (!isSingle(row)) {
    if (row.storeUploadId === null) return { kind: 'parts', parts: [] };
    const listed = await store.listParts(row.objectKey, row.storeUploadId, range);
    if (listed !== null) {
      return { kind: 'parts', parts: listed.filter((part) => isAsPlanned(row, part)) };
    }
  }
  const object = await headNewObject(store, row.objectKey);
  if (object?.size === objectSize(row)) return { kind: 'object', etag: object.etag };
  if (object !== null) await store.remove([row.objectKey]);
  return isSingle(row) ? { kind: 'parts', parts: [] } : { kind: 'lost' };
}

/** Of a plan's targets, those that lost what they held begin anew. */
async function askAssembly(
  deps: UploadDeps,
  row: UploadRow,
  range: { readonly from?: number; readonly to?: number },
): Promise<StoreState> {
  const assembly = await findAssembly(deps.db, row);
  if (assembly === null) throw uploadNotFound();
  const states = await askTargets(deps, targetsOfParts(assembly, range));
  const own = states.get(assembly.object);
  if (own?.kind === 'object') return own;
  await forgetLost(deps.db, row, states);
  return { kind: 'parts', parts: vouchedParts(assembly, states) };
}

function isAsPlanned(row: UploadRow, part: StoredPart): boolean {
  return part.partNumber <= row.partCount && part.size === partRange(row, part.partNumber).size;
}

export interface RefreshedUpload {
  readonly row: UploadRow;
  readonly vouched: VouchedParts;
}

/** Brings what we remember in line with the store; starts over where the store lost it all. */
export async function refreshUpload(deps: UploadDeps, row: UploadRow): Promise<RefreshedUpload> {
  const state = await askStore(deps, row);
  switch (state.kind) {
    case 'parts': {
      const news = await addParts(deps.db, row.id, state.parts);
      await keepOnlyParts(
        deps.db,
        row.id,
        state.parts.map((part) => part.partNumber),
      );
      if (news > 0) await extendLife(deps.db, row.id);
      else await expectBytes(deps, row);
      const vouched = new Map(state.parts.map((part) => [part.partNumber, part.etag]));
      return { row: await openStoreUpload(deps, row), vouched };
    }
    case 'object': {
      const parts = allParts(row, state.etag);
      if ((await addParts(deps.db, row.id, isSingle(row) ? parts : [])) > 0) {
        await extendLife(deps.db, row.id);
      }
      return { row, vouched: new Map(parts.map((part) => [part.partNumber, part.etag])) };
    }
    case 'lost': {
      await forgetStoreUpload(deps.db, row);
      await keepOnlyParts(deps.db, row.id, []);
      return {
        row: await ensureStoreUpload(deps, { ...row, storeUploadId: null }),
        vouched: new Map(),
      };
    }
  }
}

function allParts(row: UploadRow, etag: string) {
  return Array.from({ length: row.partCount }, (_, index) => ({ partNumber: index + 1, etag }));
}

export function partsMissing(missing: readonly number[]): AppError {
  const what = missing.length === 1 ? 'One part is' : `${missing.length} parts are`;
  return new AppError('parts-missing', `${what} not at the store yet.`, { details: { missing } });
}
