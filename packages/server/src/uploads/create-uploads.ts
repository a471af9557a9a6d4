/**
 * Creating uploads, many in one transaction:
 *
 *  1. (no transaction) chunk edits become lists; the store gets an empty object if one is needed
 *  2. the person's creations and the owners' trees are locked; then everything is looked up
 *  3. each request is decided on its own: a repeat, a resumption, an instant upload, a new one,
 *     or an error at its place
 *  4. all rows are written in a statement per table; instant ones are committed like any other
 *  5. (no transaction) store uploads are made, resumed ones checked at the store, URLs signed
 *
 * The store is never asked while the transaction is open.
 */
import { AppError, isAppError } from '@valise/core/errors';
import type { FileId, UploadId } from '@valise/core/ids';
import type { UploadAnswer } from '@valise/core/wire';
import type { Caller } from '../http/app.ts';
import { lockTrees } from '../tree/tree-locks.ts';
import { applyEdits } from './chunk-edits.ts';
import { inCommit } from './commit-content.ts';
import { commitLinked } from './commit-linked.ts';
import { NeedsExclusive, type TreeMode } from './commit-upload.ts';
import { findByRequest, findOwners } from './create-lookups.ts';
import { type Decision, decideUploads, type UploadBatch } from './decide-uploads.ts';
import { ensureEmptyObject } from './empty-object.ts';
import { type Created, finishCreation } from './finish-creation.ts';
import { begun, insertFresh } from './insert-fresh.ts';
import type { NewUpload } from './new-upload.ts';
import { batchKeys } from './object-keys.ts';
import type { UploadDeps } from './upload-deps.ts';
import { lockCreation } from './upload-store.ts';

/** Answers at each request's place. */
export async function createUploads(
  deps: UploadDeps,
  caller: Caller,
  requests: readonly (NewUpload | AppError)[],
): Promise<readonly (UploadAnswer | AppError)[]> {
  const results: (UploadAnswer | AppError)[] = [];
  const valid: { readonly place: number; readonly request: NewUpload }[] = [];
  for (const [place, request] of requests.entries()) {
    try {
      if (isAppError(request)) throw request;
      valid.push({ place, request: await withChunks(deps, caller, request) });
    } catch (error) {
      if (!isAppError(error)) throw error;
      results[place] = error;
    }
  }
  if (valid.length === 0) return results;
  const created = await writeUploads(
    deps,
    caller,
    valid.map((one) => one.request),
  );
  const answers = await finishCreation(deps, caller, created);
  for (const [index, { place }] of valid.entries()) {
    results[place] = answers[index] ?? new AppError('internal');
  }
  return results;
}

/** The base of a repeated call's edits may be gone: what it became doesn't need them. */
async function withChunks(
  deps: UploadDeps,
  caller: Caller,
  request: NewUpload,
): Promise<NewUpload> {
  if (request.chunks.kind !== 'edits') return request;
  const ids = request.requestId === null ? [] : [request.requestId];
  const isRepeat = (await findByRequest(deps.db, caller.userId, ids)).size > 0;
  return isRepeat ? request : applyEdits(deps, caller, request);
}

async function writeUploads(
  deps: UploadDeps,
  caller: Caller,
  requests: readonly NewUpload[],
): Promise<readonly Created[]> {
  const empty = requests.some((request) => request.plan.size === 0)
    ? await ensureEmptyObject(deps, caller.userId)
    : null;
  const batch = { caller, requests, empty };
  try {
    return await writeInto(deps, batch, 'shared');
  } catch (error) {
    // Content that is there already is for a file that lies in the trash.
    if (!(error instanceof NeedsExclusive)) throw error;
    return writeInto(deps, batch, 'exclusive');
  }
}

async function writeInto(
  deps: UploadDeps,
  batch: Omit<UploadBatch, 'keyOf'>,
  mode: TreeMode,
): Promise<readonly Created[]> {
  const { caller, requests } = batch;
  const items = requests.map(({ to }) => (to.kind === 'file' ? to.fileId : to.parentId));
  return inCommit(deps.db, async (tx) => {
    await lockCreation(tx, caller.userId);
    await lockTrees(tx, { [mode]: await findOwners(tx, caller, items) });
    const keyOf = batchKeys(deps.ambient);
    const decisions = await decideUploads(tx, deps, { ...batch, keyOf });
    const fresh = decisions.filter((one) => one.kind === 'fresh').map((one) => one.fresh);
    const expiresAt = await insertFresh(tx, fresh);
    const links = fresh.flatMap(({ row, link }) =>
      link === null ? [] : [{ id: row.id, objectId: link }],
    );
    const linked = await commitLinked(tx, deps, { links, mode });
    return decisions.map((one, index): Created => {
      const request = requests[index];
      if (request === undefined) throw new Error('Every decision has its request.');
      return outcome(one, { request, expiresAt, linked });
    });
  });
}

function outcome(
  decision: Decision,
  known: {
    readonly request: NewUpload;
    readonly expiresAt: Date;
    readonly linked: ReadonlyMap<UploadId, FileId>;
  },
): Created {
  const { request, expiresAt } = known;
  switch (decision.kind) {
    case 'failed':
    case 'done':
      return decision;
    case 'resumed':
      return { kind: 'pending', row: decision.row, request, resumed: true, file: decision.file };
    case 'fresh': {
      const fileId = known.linked.get(decision.fresh.row.id);
      if (fileId !== undefined) return { kind: 'done', fileId };
      return begun(decision.fresh, request, expiresAt);
    }
  }
}
