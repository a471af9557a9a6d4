import { isAppError } from '@valise/core/errors';
import { applyChunkEdits, MAX_CHUNK_BYTES, packChunks, recordCount } from '@valise/core/manifest';
import type { File, FileDetail } from '@valise/core/wire';
import { ClientError } from '../errors/client-error.ts';
import { fingerprintRecords } from '../hashing/hash-bytes.ts';
import { type ChunkIndex, createChunkIndex } from '../transfer/chunk-index.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import type { LocalContent } from './local-content.ts';

/** A chunk list, packed and by position. */
export interface ChunkList {
  readonly records: Uint8Array;
  readonly chunks: ChunkIndex;
}

export interface ChunkListOptions {
  readonly signal: AbortSignal;
  /** Content that may be an earlier version's: then only the difference is fetched. */
  readonly known?: LocalContent | undefined;
}

/**
 * The chunk list of the version that `detail` shows, proven by its fingerprint; null where the
 * uploader gave none. Throws `content-changed` when another version took its place meanwhile.
 */
export async function fetchChunkList(
  deps: TransferDeps,
  detail: FileDetail,
  { signal, known }: ChunkListOptions,
): Promise<ChunkList | null> {
  const { file, chunksTotal } = detail;
  if (chunksTotal === 0 || file.fingerprint === null) return null;
  const isHere = detail.chunks.length === chunksTotal;
  const edited = known && !isHere && (await fetchEdited(deps, file, { content: known, signal }));
  if (edited) return { records: edited, chunks: fittingIndex(edited, file) };
  const records = isHere
    ? packChunks(detail.chunks.map(({ id, size }) => [id, size]))
    : await fetchRecords(deps, file.id, { total: chunksTotal, signal });
  const fingerprint = await fingerprintRecords(records, deps.ambient);
  if (fingerprint !== file.fingerprint) {
    throw new ClientError('content-changed', 'The file was replaced while it was looked up.');
  }
  return { records, chunks: fittingIndex(records, file) };
}

function fittingIndex(records: Uint8Array, file: File): ChunkIndex {
  const chunks = createChunkIndex(records);
  if (chunks.size === file.size && chunks.largest <= MAX_CHUNK_BYTES) return chunks;
  throw new ClientError('broken-answer', 'The chunk list does not fit the file.');
}

/** The list as the difference to one that is known; null where that leads nowhere. */
async function fetchEdited(
  deps: TransferDeps,
  file: File,
  { content, signal }: { readonly content: LocalContent; readonly signal: AbortSignal },
): Promise<Uint8Array | null> {
  if (content.fingerprint === file.fingerprint) return content.records;
  try {
    const { downloads } = deps.api;
    const options = { signal, patient: true };
    const { chunkEdits } = await downloads.editsSince(file.id, content.fingerprint, options);
    const records = applyChunkEdits(content.records, chunkEdits);
    const fingerprint = await fingerprintRecords(records, deps.ambient);
    return fingerprint === file.fingerprint ? records : null;
  } catch (error) {
    if (isAppError(error, 'version-unknown') || isAppError(error, 'chunks-mismatch')) return null;
    throw error;
  }
}

async function fetchRecords(
  deps: TransferDeps,
  fileId: string,
  { total, signal }: { readonly total: number; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const pages: Uint8Array[] = [];
  let count = 0;
  while (count < total) {
    const page = await deps.api.downloads.chunkRecords(fileId, count, { signal, patient: true });
    if (page.length === 0) break;
    pages.push(page);
    count += recordCount(page);
  }
  const records = new Uint8Array(pages.reduce((sum, page) => sum + page.length, 0));
  let at = 0;
  for (const page of pages) {
    records.set(page, at);
    at += page.length;
  }
  return records;
}
