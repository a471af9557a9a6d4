import { recordCount } from '@valise/core/manifest';
import { SINGLE_PUT_LIMIT } from '@valise/core/plan';
import type { File, FileDetail } from '@valise/core/wire';
import { ClientError, isClientError } from '../errors/client-error.ts';
import { hashBytes } from '../hashing/hash-bytes.ts';
import type { ByteRange, ContentSink } from '../ports.ts';
import { createAdaptiveSlots, type Slots } from '../transfer/adaptive-slots.ts';
import { type ChunkIndex, isChunk } from '../transfer/chunk-index.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import { fetchChunkList } from './chunk-list.ts';
import type {
  DownloadOptions,
  DownloadProgress,
  DownloadRequest,
  DownloadResult,
} from './download-request.ts';
import { createSignedUrl, type SignedUrl } from './download-url.ts';
import type { LocalContent } from './local-content.ts';
import { MAX_REFETCHES, receiveChunks, receivePlain } from './receive-ranges.ts';
import { reuseLocal } from './reuse-local.ts';
import { storeGet } from './store-get.ts';

/** The file may be replaced while it is downloaded: then the new version is fetched. */
const MAX_RESTARTS = 3;

/** Up to here a file is one GET, verified in memory by chunking it anew. */
export const SMALL_DOWNLOAD = SINGLE_PUT_LIMIT;

/** Chunks, some 150 bytes each: as many as 8 MiB usually have. */
const SHORT_LIST = 32;

/**
 * Downloads one file, several ranges at once, and verifies every chunk before it is written. Chunks
 * that are here already (`reuse`) are not fetched.
 *
 *  - The sink's target appears whole or not at all.
 *  - An aborted `signal` (or a failure) keeps what is there for a later attempt; what such an
 *    attempt finds is verified, too. `control.cancel()` removes it.
 */
export async function downloadFile(
  deps: TransferDeps,
  request: DownloadRequest,
  options: DownloadOptions = {},
): Promise<DownloadResult> {
  const { control } = options;
  const signals = [options.signal, control?.cancelled].filter((one) => one !== undefined);
  const signal = AbortSignal.any(signals);
  for (let restarts = 0; ; restarts++) {
    try {
      return await downloadOnce(deps, request, { ...options, signal });
    } catch (error) {
      await request.sink.abort({ keep: !isClientError(error, 'cancelled') });
      if (!isClientError(error, 'content-changed') || restarts === MAX_RESTARTS) throw error;
    }
  }
}

type OnceOptions = DownloadOptions & { readonly signal: AbortSignal };

async function downloadOnce(
  deps: TransferDeps,
  { fileId, sink, reuse = [] }: DownloadRequest,
  options: OnceOptions,
): Promise<DownloadResult> {
  const { signal } = options;
  const { downloads } = deps.api;
  const ask = asksForDifference(reuse) ? downloads.link : downloads.detail;
  const detail = await ask(fileId, { signal, patient: true });
  const { file } = detail;
  if (file.kind !== 'file') throw new ClientError('store-refused', 'Only files have content.');
  const url = createSignedUrl(deps, file, { given: detail.downloadUrl, signal });
  if (file.size <= SMALL_DOWNLOAD && reuse.length === 0) {
    const slots = createAdaptiveSlots({ max: 1, now: () => deps.ambient.now() });
    const { onProgress } = options;
    let bytes = 0;
    return receiveSmall(deps, file, {
      sink,
      url,
      slots,
      signal,
      onReceived: (more) => {
        bytes += more;
        onProgress?.({ phase: 'receiving', bytes, total: file.size });
      },
    });
  }
  return receiveLarge(deps, { detail, url, sink, reuse }, options);
}

/** Of a long list only the difference to a known one is asked for; a short one comes with the file. */
function asksForDifference([older]: readonly LocalContent[]): boolean {
  return older !== undefined && recordCount(older.records) > SHORT_LIST;
}

export interface ReceiveSmall {
  readonly sink: ContentSink;
  readonly url: SignedUrl;
  readonly slots: Slots;
  readonly signal: AbortSignal;
  onReceived(bytes: number): void;
}

/**
 * One GET into memory. Chunking it anew gives its fingerprint, so no chunk list is needed; only if
 * they differ (another recipe, other cuts) the stored list decides.
 */
export async function receiveSmall(
  deps: TransferDeps,
  file: File,
  { sink, ...get }: ReceiveSmall,
): Promise<DownloadResult> {
  const { size, fingerprint } = file;
  const { bytes, isVerified } = await fetchSmall(deps, file, get);
  await sink.open({ size, fingerprint });
  if (size > 0) await sink.write(0, bytes);
  await sink.finish();
  return { file, bytesReceived: size, verified: isVerified ? 'content' : 'size-only' };
}

interface SmallContent {
  readonly bytes: Uint8Array;
  /** False where there is nothing but the size to check it by. */
  readonly isVerified: boolean;
}

/** Wrong bytes are fetched again, a few times. */
async function fetchSmall(
  deps: TransferDeps,
  file: File,
  get: Omit<ReceiveSmall, 'sink'>,
): Promise<SmallContent> {
  const { size } = file;
  if (size === 0) return { bytes: new Uint8Array(0), isVerified: true };
  const into = new Uint8Array(size);
  for (let refetches = 0; ; refetches++) {
    const range = { offset: 0, size };
    const isEncoded = file.contentEncoding !== undefined;
    const bytes = await storeGet(deps, { ...get, range, objectSize: size, isEncoded, into });
    try {
      return { bytes, isVerified: await verifySmall(deps, file, { bytes, ...get }) };
    } catch (error) {
      if (!isClientError(error, 'content-corrupt') || refetches === MAX_REFETCHES) throw error;
      // What is fetched twice is no progress.
      get.onReceived(-size);
    }
  }
}

async function verifySmall(
  deps: TransferDeps,
  file: File,
  content: { readonly bytes: Uint8Array; readonly signal: AbortSignal },
): Promise<boolean> {
  const { fingerprint } = file;
  if (fingerprint === null) return verifyByList(deps, file, content);
  const hashed = await hashBytes(content.bytes, deps.ambient);
  return hashed.fingerprint === fingerprint || verifyByList(deps, file, content);
}

/** False where there is no list. Throws `content-corrupt` for wrong bytes. */
async function verifyByList(
  deps: TransferDeps,
  file: File,
  { bytes, signal }: { readonly bytes: Uint8Array; readonly signal: AbortSignal },
): Promise<boolean> {
  const detail = await deps.api.downloads.detail(file.id, { signal, patient: true });
  if (detail.file.version !== file.version) {
    throw new ClientError('content-changed', 'The file was replaced while it was downloaded.');
  }
  const list = await fetchChunkList(deps, detail, { signal });
  if (list === null) return false;
  const { chunks } = list;
  for (let index = 0; index < chunks.count; index++) {
    const chunk = chunks.chunk(index);
    const part = bytes.subarray(chunk.offset, chunk.offset + chunk.size);
    if (await isChunk(part, chunk, deps.ambient)) continue;
    throw new ClientError('content-corrupt', `${file.name} came damaged.`);
  }
  return true;
}

interface Large {
  readonly detail: FileDetail;
  readonly url: SignedUrl;
  readonly sink: ContentSink;
  readonly reuse: readonly LocalContent[];
}

async function receiveLarge(
  deps: TransferDeps,
  { detail, url, sink, reuse }: Large,
  { signal, control, onProgress }: OnceOptions,
): Promise<DownloadResult> {
  const { file } = detail;
  const { size } = file;
  const list = await fetchChunkList(deps, detail, { signal, known: reuse[0] });
  const left = await sink.open({ size, fingerprint: list === null ? null : file.fingerprint });
  const progress = (phase: DownloadProgress['phase'], bytes: number) =>
    onProgress?.({ phase, bytes, total: size });
  let bytes = 0;
  let bytesReceived = 0;
  const onReceived = (more: number) => {
    bytes += more;
    bytesReceived += more;
    progress('receiving', bytes);
  };
  const job = { url, size, sink, signal, control, onReceived };
  if (list === null) {
    await receivePlain(deps, job);
    await sink.finish();
    return { file, bytesReceived, verified: 'size-only' };
  }
  const { records, chunks } = list;
  const onVerified = (more: number) => {
    bytes += more;
    progress('verifying', bytes);
  };
  const kept = await verifyKept(deps, chunks, { left, sink, signal, onVerified });
  let bytesReused = 0;
  const reused = await reuseLocal(deps, chunks, {
    ...{ records, locals: reuse, sink, signal },
    isMissing: (index) => !kept.has(index),
    onReused: (more) => {
      bytesReused += more;
      onVerified(more);
    },
  });
  const isMissing = (index: number) => !kept.has(index) && !reused.has(index);
  await receiveChunks(deps, chunks, { ...job, isMissing });
  await sink.finish();
  return { file, bytesReceived, bytesReused, records, verified: 'content' };
}

/** The chunks that an earlier attempt left and that are right. */
async function verifyKept(
  deps: TransferDeps,
  chunks: ChunkIndex,
  options: {
    readonly left: readonly ByteRange[];
    readonly sink: ContentSink;
    readonly signal: AbortSignal;
    onVerified(bytes: number): void;
  },
): Promise<ReadonlySet<number>> {
  const kept = new Set<number>();
  for (const range of options.left) {
    const end = range.offset + range.size;
    for (let index = chunks.at(range.offset); index < chunks.count; index++) {
      const chunk = chunks.chunk(index);
      if (chunk.offset + chunk.size > end) break;
      options.signal.throwIfAborted();
      const bytes = await options.sink.read(chunk.offset, chunk.size);
      if (!(await isChunk(bytes, chunk, deps.ambient))) continue;
      kept.add(index);
      options.onVerified(chunk.size);
    }
  }
  return kept;
}
