import { AppError, isAppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import type { Tx } from '../db/database.ts';
import type { Caller } from '../http/app.ts';
import type { VisibleFile } from '../tree/visible-file.ts';
import { asBuffer } from './chunk-store.ts';
import { findByRequest, findPendingByName, findTakenIds } from './create-lookups.ts';
import { contentOf, type FreshUpload, freshUpload } from './fresh-upload.ts';
import { isNamed, type NewUpload } from './new-upload.ts';
import {
  type EmptyObject,
  insertEmptyObject,
  lockOwnContent,
  type ObjectRow,
} from './object-rows.ts';
import { sameContent } from './same-content.ts';
import type { UploadDeps } from './upload-deps.ts';
import type { UploadRow } from './upload-row.ts';
import { findSpots, type UploadSpot } from './upload-spot.ts';
import { countPending, findPendingOfFiles } from './upload-store.ts';

/** Uploads that one person may have pending. */
export const MAX_PENDING = 1_000;

export type Decision =
  | { readonly kind: 'failed'; readonly error: AppError }
  | { readonly kind: 'done'; readonly fileId: FileId }
  | { readonly kind: 'resumed'; readonly row: UploadRow; readonly file: VisibleFile | null }
  | { readonly kind: 'fresh'; readonly fresh: FreshUpload };

export interface UploadBatch {
  readonly caller: Caller;
  readonly requests: readonly NewUpload[];
  readonly keyOf: (n: number) => string;
  /** To be used where the person has no empty object yet; or why there is none to be had. */
  readonly empty: EmptyObject | AppError | null;
}

/** Decides each request on its own, by lookups made for all of them together. */
export async function decideUploads(
  tx: Tx,
  deps: UploadDeps,
  batch: UploadBatch,
): Promise<readonly Decision[]> {
  const { caller, requests } = batch;
  const now = deps.ambient.now();
  const requestIds = requests.flatMap(({ requestId }) => (requestId === null ? [] : [requestId]));
  const repeated = await findByRequest(tx, caller.userId, requestIds);
  const taken = new Set(await findTakenIds(tx, requestIds));
  const spotOf = await findSpots(tx, caller, requests);
  const pendingOf = await findPending(tx, { ...caller, store: deps.storage.store.name }, requests);
  const own = await findContent(tx, deps, batch);
  let room = MAX_PENDING - (await countPending(tx, caller.userId));
  const asked = new Set<string>();

  function decide(request: NewUpload, n: number): Decision {
    const { requestId } = request;
    if (requestId !== null) {
      const before = repeated.get(requestId);
      if (before !== undefined) return repeat(request, before);
      if (asked.has(requestId)) throw idTaken(requestId);
      asked.add(requestId);
    }
    const spot = spotOf(request);
    if (spot.target === undefined && requestId !== null && taken.has(requestId))
      throw idTaken(requestId);
    const link = own.find((object) => sameContent(object, contentOf(request)))?.id ?? null;
    if (link === null) {
      if (request.plan.size === 0) throw isAppError(batch.empty) ? batch.empty : emptyGone();
      const before = pendingOf(request, spot).find((row) => isSameSending(request, row));
      if (before !== undefined) return { kind: 'resumed', row: before, file: spot.known ?? null };
      if (room <= 0) throw tooMany();
      room--;
    }
    const key = batch.keyOf(n);
    return { kind: 'fresh', fresh: freshUpload(deps, { caller, request, spot, key, link, now }) };
  }

  return requests.map((request, n) => {
    try {
      return decide(request, n);
    } catch (error) {
      if (isAppError(error)) return { kind: 'failed', error };
      throw error;
    }
  });
}

async function findContent(
  tx: Tx,
  deps: UploadDeps,
  batch: UploadBatch,
): Promise<readonly ObjectRow[]> {
  const fingerprints = batch.requests.flatMap(({ fingerprint }) =>
    fingerprint === null ? [] : [fingerprint],
  );
  const { store, contentEncodings: decodable } = deps.storage;
  const owner = { userId: batch.caller.userId, store: store.name, decodable };
  const own = await lockOwnContent(tx, owner, fingerprints);
  const { empty } = batch;
  if (empty === null || isAppError(empty) || own.some((object) => object.size === 0)) return own;
  await insertEmptyObject(tx, empty, deps.ambient.now());
  const { id, uploaderId, fingerprint } = empty;
  const made = {
    id,
    uploaderId,
    size: 0,
    fingerprint: asBuffer(fingerprint.digest),
    recipe: fingerprint.recipe,
  };
  return [...own, made];
}

/** The same id must mean the same request. */
function repeat(request: NewUpload, before: UploadRow): Decision {
  if (before.requestHash === null || !request.requestHash?.equals(before.requestHash)) {
    throw idTaken(before.requestId ?? '');
  }
  if (before.state === 'pending') return { kind: 'resumed', row: before, file: null };
  if (before.resultFileId === null) throw idTaken(before.requestId ?? '');
  return { kind: 'done', fileId: before.resultFileId };
}

/**
 * What this device has on its way to where a request goes: to the same file, or, for a request by
 * name, under the very same name, as long as what it was begun for still has it, or is to have it.
 */
async function findPending(
  tx: Tx,
  device: Caller & { readonly store: string },
  requests: readonly NewUpload[],
): Promise<(request: NewUpload, spot: UploadSpot) => readonly UploadRow[]> {
  const { userId, deviceId, store } = device;
  const named = requests.filter(isNamed).map(({ to }) => to.nameKey);
  const byName = await findPendingByName(tx, device, [...new Set(named)]);
  const files = requests.flatMap(({ to }) => (to.kind === 'file' ? [to.fileId] : []));
  const ofFiles = files.length === 0 ? [] : await findPendingOfFiles(tx, userId, files);
  const here = ofFiles.filter((row) => row.deviceId === deviceId && row.store === store);
  return ({ to }, { target }) => {
    if (to.kind === 'file') return here.filter((row) => row.fileId === to.fileId);
    return (byName.get(to.nameKey) ?? []).filter(
      (row) =>
        row.parentId === to.parentId &&
        row.name === to.name &&
        (row.targetStatus === 'uploading' || target === undefined || target.id === row.fileId),
    );
  };
}

function isSameSending(request: NewUpload, row: UploadRow): boolean {
  if (row.size !== request.plan.size || row.storedSize !== request.storedSize) return false;
  if (row.fingerprint !== null || request.fingerprint !== null) {
    return sameContent(row, contentOf(request));
  }
  return row.modifiedAt?.getTime() === request.modifiedAt?.getTime();
}

/** It was there when we looked and lost its last name since: the next look makes another. */
function emptyGone(): AppError {
  return new AppError('store-unavailable', 'Try again in a moment.', { retryAfter: 1 });
}

function idTaken(id: string): AppError {
  return new AppError('id-taken', `The id ${id} was used for something else.`, {
    details: { field: 'id' },
  });
}

function tooMany(): AppError {
  return new AppError(
    'too-many-uploads',
    `At most ${MAX_PENDING} uploads may be pending. Complete or cancel some first.`,
    { retryAfter: 60 },
  );
}
