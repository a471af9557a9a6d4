/**
 * Completing uploads. Every step may be repeated by any server after a crash at any point:
 *
 *  1. the store is asked what it holds; parts that aren't there are `parts-missing`, no change
 *  2. multipart uploads are assembled at the store, under a lease (`assemble-upload.ts`)
 *  3. one transaction makes the content the file's (`commit-plain.ts`, `commit-upload.ts`)
 *
 * A crash after 2 leaves an object at the key and a pending row: the next one to ask finds the
 * object and goes on with 3. After 3 the row is done and answers for itself. From 2 on nothing
 * follows the caller's signal.
 */
import { type AppError, isAppError } from '@valise/core/errors';
import type { FileId, UploadId } from '@valise/core/ids';
import { lockTrees } from '../tree/tree-locks.ts';
import { assembleUpload } from './assemble-upload.ts';
import { samplesOf } from './assembly/chunk-samples.ts';
import { removeStagings } from './assembly/remove-stagings.ts';
import { mapBounded } from './bounded.ts';
import { type CommitItem, inCommit } from './commit-content.ts';
import { commitPlain } from './commit-plain.ts';
import { commitUpload, NeedsExclusive, type TreeMode } from './commit-upload.ts';
import { fileGone } from './result-files.ts';
import type { UploadDeps } from './upload-deps.ts';
import { hasWholeChunkList, isSingle, type UploadRow } from './upload-row.ts';
import { dropLeases, lockUploads, type UploadResult, uploadNotFound } from './upload-store.ts';
import { chunksIncomplete } from './upload-view.ts';
import { verifySingles } from './verify-singles.ts';

const ASSEMBLIES = 4;

export type Completion =
  | { readonly kind: 'done'; readonly fileId: FileId }
  | { readonly kind: 'assembling'; readonly fileId: FileId }
  | { readonly kind: 'failed'; readonly error: AppError };

/** What became of each upload. Rows may be in any state; each counts once. */
export async function completeUploads(
  deps: UploadDeps,
  rows: readonly UploadRow[],
): Promise<ReadonlyMap<UploadId, Completion>> {
  const unique = [...new Map(rows.map((row) => [row.id, row])).values()];
  const completions = new Map<UploadId, Completion>();
  const ready: CommitItem[] = [];
  const singles: UploadRow[] = [];
  const multiparts: UploadRow[] = [];
  for (const row of unique) {
    if (row.state !== 'pending') completions.set(row.id, ended(row));
    else if (!hasWholeChunkList(row)) completions.set(row.id, failed(chunksIncomplete(row)));
    else (isSingle(row) ? singles : multiparts).push(row);
  }
  const verified = await verifySingles(deps, singles);
  for (const row of singles) {
    const etag = verified.get(row.id) ?? uploadNotFound();
    if (isAppError(etag)) completions.set(row.id, failed(etag));
    else ready.push({ row, content: { kind: 'stored', etag } });
  }
  await mapBounded(multiparts, ASSEMBLIES, async (row) => {
    const outcome = await assemble(deps, row);
    if ('content' in outcome) ready.push(outcome);
    else completions.set(row.id, outcome);
  });
  const assembled = ready.filter((item) => !isSingle(item.row)).map((item) => item.row.id);
  try {
    for (const [id, completion] of await commitAll(deps, ready)) completions.set(id, completion);
    for (const { row } of ready) {
      const isDone = row.assembled && completions.get(row.id)?.kind === 'done';
      if (isDone) await removeStagings(deps, row.id);
    }
    return completions;
  } finally {
    await dropLeases(
      deps.db,
      assembled.filter((id) => completions.get(id)?.kind !== 'done'),
    );
  }
}

async function assemble(deps: UploadDeps, row: UploadRow): Promise<CommitItem | Completion> {
  try {
    const assembly = await assembleUpload(deps, row);
    if (assembly.kind === 'ended') return ended(assembly.row);
    if (assembly.kind === 'busy') return { kind: 'assembling', fileId: row.fileId };
    const samples = await samplesOf(deps.db, row);
    return { row, content: { kind: 'stored', etag: assembly.etag, samples } };
  } catch (error) {
    if (isAppError(error)) return failed(error);
    throw error;
  }
}

/** A person's plain ones together, the others one by one. */
async function commitAll(
  deps: UploadDeps,
  items: readonly CommitItem[],
): Promise<ReadonlyMap<UploadId, Completion>> {
  const completions = new Map<UploadId, Completion>();
  for (const those of Map.groupBy(items, (item) => item.row.userId).values()) {
    for (const { id, fileId } of await commitTogether(deps, those)) {
      completions.set(id, { kind: 'done', fileId });
    }
    for (const item of those) {
      const { id } = item.row;
      if (!completions.has(id)) completions.set(id, await commitAlone(deps, item));
    }
  }
  return completions;
}

async function commitTogether(
  deps: UploadDeps,
  items: readonly CommitItem[],
): Promise<readonly UploadResult[]> {
  const contents = new Map(items.map(({ row, content }) => [row.id, content]));
  return inCommit(deps.db, async (tx) => {
    const rows = await lockUploads(tx, [...contents.keys()]);
    await lockTrees(tx, { shared: rows.map((row) => row.ownerId) });
    const pending = rows.flatMap((row): CommitItem[] => {
      const content = contents.get(row.id);
      return row.state === 'pending' && content !== undefined ? [{ row, content }] : [];
    });
    return (await commitPlain(tx, deps, pending)).done;
  });
}

async function commitAlone(
  deps: UploadDeps,
  item: CommitItem,
  mode: TreeMode = 'shared',
): Promise<Completion> {
  try {
    return await inCommit(deps.db, async (tx): Promise<Completion> => {
      const [row] = await lockUploads(tx, [item.row.id]);
      if (row?.state !== 'pending')
        return row === undefined ? failed(uploadNotFound()) : ended(row);
      const fileId = await commitUpload(tx, deps, { row, content: item.content, mode });
      return { kind: 'done', fileId };
    });
  } catch (error) {
    if (error instanceof NeedsExclusive) return commitAlone(deps, item, 'exclusive');
    if (isAppError(error)) return failed(error);
    throw error;
  }
}

function ended(row: UploadRow): Completion {
  if (row.state !== 'done') return failed(uploadNotFound());
  return row.resultFileId === null
    ? failed(fileGone())
    : { kind: 'done', fileId: row.resultFileId };
}

function failed(error: AppError): Completion {
  return { kind: 'failed', error };
}
