import { MAX_CHUNK_BYTES, packChunks, recordCount } from '@valise/core/manifest';
import type { FileDetail } from '@valise/core/wire';
import { ClientError } from '../errors/client-error.ts';
import { fingerprintRecords } from '../hashing/hash-bytes.ts';
import { type ChunkIndex, createChunkIndex } from '../transfer/chunk-index.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';

/**
 * The chunk list of the version that `detail` shows, proven by its fingerprint; null where the
 * uploader gave none. Throws `content-changed` when another version took its place meanwhile.
 */
export async function fetchChunkList(
  deps: TransferDeps,
  detail: FileDetail,
  signal: AbortSignal,
): Promise<ChunkIndex | null> {
  const { file, chunksTotal } = detail;
  if (chunksTotal === 0 || file.fingerprint === null) return null;
  const records =
    detail.chunks.length === chunksTotal
      ? packChunks(detail.chunks.map(({ id, size }) => [id, size]))
      : await fetchRecords(deps, file.id, { total: chunksTotal, signal });
  const fingerprint = await fingerprintRecords(records, deps.ambient);
  if (fingerprint !== file.fingerprint) {
    throw new ClientError('content-changed', 'The file was replaced while it was looked up.');
  }
  const chunks = createChunkIndex(records);
  if (chunks.size === file.size && chunks.largest <= MAX_CHUNK_BYTES) return chunks;
  throw new ClientError('broken-answer', 'The chunk list does not fit the file.');
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
