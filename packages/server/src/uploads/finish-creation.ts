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
import { openStoreUpload, refreshUpload } from './store-progress.ts';
import type { UploadDeps } from './upload-deps.ts';
import { isSingle, type UploadRow } from './upload-row.ts';
import { uploadNotFound } from './upload-store.ts';
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
      /** Known without asking for files that have just been made, or that the request named. */
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
      if (!one.resumed) {
        return { file: wire(one.row.fileId, one.file), upload: await openUpload(deps, one) };
      }
      const row = await adoptRequest(deps, one.row, one.request);
      if (row.state !== 'pending') return await endedMeanwhile(deps, caller, row);
      return {
        file: wire(row.fileId, one.file),
        upload: await reopenUpload(deps, row, one.request),
      };
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

async function openUpload(deps: UploadDeps, { row: made, request }: Pending): Promise<Upload> {
  const { chunks } = request;
  const records = chunks.kind === 'list' ? chunks.records : undefined;
  const row = await openStoreUpload(deps, made, records);
  return viewUpload(deps, row, { vouched: new Map(), hashes: hashOfOnlyPart(row, request) });
}

async function reopenUpload(
  deps: UploadDeps,
  adopted: UploadRow,
  request: NewUpload,
): Promise<Upload> {
  const { row, vouched } = await refreshUpload(deps, adopted);
  return viewUpload(deps, row, { vouched, hashes: hashOfOnlyPart(row, request) });
}

/** Someone else completed it while we began to resume it: there is nothing left to send. */
async function endedMeanwhile(
  deps: UploadDeps,
  { userId }: Caller,
  { resultFileId: id }: UploadRow,
): Promise<UploadAnswer> {
  const file = id === null ? undefined : (await findResults(deps.db, userId, [id])).get(id);
  if (file === undefined) throw uploadNotFound();
  return { file: toWireFile(file, userId), upload: null };
}

function hashOfOnlyPart(row: UploadRow, { partHash }: NewUpload): ReadonlyMap<number, string> {
  return new Map(partHash !== undefined && isSingle(row) ? [[1, partHash]] : []);
}
