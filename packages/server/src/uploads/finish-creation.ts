import { type AppError, isAppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import type { Upload, UploadAnswer } from '@valise/core/wire';
import type { Caller } from '../http/app.ts';
import type { VisibleFile } from '../tree/visible-file.ts';
import { toWireFile } from '../tree/wire-file.ts';
import { mapBounded } from './bounded.ts';
import type { NewUpload } from './new-upload.ts';
import { fileGone, findResults } from './result-files.ts';
import { adoptRequest } from './resume-upload.ts';
import { ensureStoreUpload, refreshUpload } from './store-progress.ts';
import type { UploadDeps } from './upload-deps.ts';
import type { UploadRow } from './upload-row.ts';
import { viewUpload } from './upload-view.ts';

/** Calls to the store at once for one batch of large files. */
const STORE_CALLS = 8;

/** What became of a request, as far as the database goes. */
export type Created =
  | { readonly kind: 'failed'; readonly error: AppError }
  | { readonly kind: 'done'; readonly fileId: FileId }
  | {
      readonly kind: 'pending';
      readonly row: UploadRow;
      readonly request: NewUpload;
      /** Bytes may be at the store already. */
      readonly resumed: boolean;
      /** Known without asking for files that have just been made. */
      readonly file: VisibleFile | null;
    };

type Pending = Extract<Created, { kind: 'pending' }>;

/** After the transaction: makes or checks store uploads, and puts the answers together. */
export async function finishCreation(
  deps: UploadDeps,
  caller: Caller,
  created: readonly Created[],
): Promise<readonly (UploadAnswer | AppError)[]> {
  const files = await findResults(deps.db, caller.userId, created.flatMap(unknownFile));
  const wire = (id: FileId, known: VisibleFile | null) => {
    const file = known ?? files.get(id);
    if (file === undefined) throw fileGone();
    return toWireFile(file, caller.userId);
  };
  return mapBounded(created, STORE_CALLS, async (one) => {
    try {
      if (one.kind === 'failed') return one.error;
      if (one.kind === 'done') return { file: wire(one.fileId, null), upload: null };
      return { file: wire(one.row.fileId, one.file), upload: await openUpload(deps, one) };
    } catch (error) {
      if (isAppError(error)) return error;
      throw error;
    }
  });
}

function unknownFile(one: Created): readonly FileId[] {
  if (one.kind === 'done') return [one.fileId];
  return one.kind === 'pending' && one.file === null ? [one.row.fileId] : [];
}

async function openUpload(deps: UploadDeps, pending: Pending): Promise<Upload> {
  const { request } = pending;
  if (pending.resumed) {
    const adopted = await adoptRequest(deps, pending.row, request);
    const { row, vouched } = await refreshUpload(deps, adopted);
    return viewUpload(deps, row, { vouched, hashes: hashOfOnlyPart(row, request) });
  }
  const row = await ensureStoreUpload(deps, pending.row);
  return viewUpload(deps, row, { vouched: new Map(), hashes: hashOfOnlyPart(row, request) });
}

function hashOfOnlyPart(row: UploadRow, { partHash }: NewUpload): ReadonlyMap<number, string> {
  return new Map(partHash !== undefined && row.partCount === 1 ? [[1, partHash]] : []);
}
