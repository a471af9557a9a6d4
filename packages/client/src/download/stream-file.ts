import type { DownloadUrl, File, FileDetail } from '@valise/core/wire';
import { ClientError, isClientError } from '../errors/client-error.ts';
import type { ContentSink, IoOptions } from '../ports.ts';
import { createAdaptiveSlots } from '../transfer/adaptive-slots.ts';
import { type ChunkIndex, isChunk } from '../transfer/chunk-index.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import { fetchChunkList } from './chunk-list.ts';
import { receiveSmall, SMALL_DOWNLOAD } from './download-file.ts';
import { createSignedUrl, type SignedUrl } from './download-url.ts';
import { type DownloadRange, planChunkRanges, planPlainRanges } from './plan-ranges.ts';
import { MAX_REFETCHES, RANGE_SIZE } from './receive-ranges.ts';
import { storeGet } from './store-get.ts';

/** Ranges under way while one is being consumed: 32 MiB in memory at any file size. */
const AHEAD = 3;

export interface StreamOptions extends IoOptions {
  /** Of a small file, asked for together with many others' (`downloads.urls`). */
  readonly link?: DownloadUrl | undefined;
}

/**
 * A file's bytes in order, for whoever passes them on (an archive, say) instead of keeping them.
 * Every piece has been verified before it comes out; an interrupted connection or an expired URL is
 * taken up where it was. Throws `content-changed` when the file is replaced meanwhile.
 */
export async function* streamFile(
  deps: TransferDeps,
  file: File,
  options: StreamOptions = {},
): AsyncGenerator<Uint8Array> {
  const stop = new AbortController();
  const signals = options.signal === undefined ? [stop.signal] : [options.signal, stop.signal];
  const signal = AbortSignal.any(signals);
  const { link } = options;
  if (link !== undefined && file.size <= SMALL_DOWNLOAD) {
    const { downloadUrl: given, needsCookies } = link;
    const url = createSignedUrl(deps, file, { given, needsCookies, signal });
    yield await readByLink(deps, file, { url, signal });
    return;
  }
  const detail = await readDetail(deps, file, signal);
  const url = createSignedUrl(deps, file, { given: detail.downloadUrl, signal });
  if (file.size <= SMALL_DOWNLOAD) {
    yield await readSmall(deps, file, { url, signal });
    return;
  }
  const list = await fetchChunkList(deps, detail, { signal });
  const chunks = list === null ? null : list.chunks;
  try {
    yield* inOrder(rangesOf(file, chunks), (range) =>
      receiveRange(deps, { file, range, chunks, url, signal }),
    );
  } finally {
    // Whoever stops reading stops the fetching, too.
    stop.abort(new ClientError('cancelled'));
  }
}

type Range = DownloadRange | { readonly offset: number; readonly size: number };

function rangesOf({ size }: File, chunks: ChunkIndex | null): readonly Range[] {
  if (chunks === null) return planPlainRanges(size, RANGE_SIZE);
  return planChunkRanges(chunks, () => true, Math.max(RANGE_SIZE, chunks.largest));
}

async function* inOrder(
  ranges: readonly Range[],
  receive: (range: Range) => Promise<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const pending: Promise<Uint8Array>[] = [];
  for (const range of ranges) {
    const piece = receive(range);
    // Its failure is seen when its turn comes.
    piece.catch(() => undefined);
    pending.push(piece);
    const first = pending.length > AHEAD ? pending.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const piece of pending) yield await piece;
}

interface ReceiveRange {
  readonly file: File;
  readonly range: Range;
  readonly chunks: ChunkIndex | null;
  readonly url: SignedUrl;
  readonly signal: AbortSignal;
}

async function receiveRange(deps: TransferDeps, job: ReceiveRange): Promise<Uint8Array> {
  const { file, range, chunks, url, signal } = job;
  const slots = createAdaptiveSlots({ max: 1, now: () => deps.ambient.now() });
  const get = { url, objectSize: file.size, slots, signal, onReceived: () => {} };
  const bytes = await storeGet(deps, { ...get, range, into: new Uint8Array(range.size) });
  if (chunks === null || !('first' in range)) return bytes;
  for (let index = range.first; index <= range.last; index++) {
    const chunk = chunks.chunk(index);
    const at = chunk.offset - range.offset;
    const own = bytes.subarray(at, at + chunk.size);
    for (let refetches = 0; !(await isChunk(own, chunk, deps.ambient)); refetches++) {
      if (refetches === MAX_REFETCHES) {
        throw new ClientError('content-corrupt', `${file.name} came damaged, again and again.`);
      }
      await storeGet(deps, { ...get, range: chunk, into: own });
    }
  }
  return bytes;
}

/** Throws `content-changed` when the file isn't what it was any more. */
async function readDetail(
  { api }: TransferDeps,
  { id, name, version }: File,
  signal: AbortSignal,
): Promise<FileDetail> {
  const detail = await api.downloads.detail(id, { signal, patient: true });
  if (detail.file.version === version) return detail;
  throw new ClientError('content-changed', `${name} was replaced meanwhile.`);
}

interface ReadSmall {
  readonly url: SignedUrl;
  readonly signal: AbortSignal;
}

/** A link that was there already may lead to a later version, which looks like damage. */
async function readByLink(deps: TransferDeps, file: File, read: ReadSmall): Promise<Uint8Array> {
  try {
    return await readSmall(deps, file, read);
  } catch (error) {
    if (isClientError(error, 'content-corrupt')) await readDetail(deps, file, read.signal);
    throw error;
  }
}

async function readSmall(
  deps: TransferDeps,
  file: File,
  { url, signal }: ReadSmall,
): Promise<Uint8Array> {
  const slots = createAdaptiveSlots({ max: 1, now: () => deps.ambient.now() });
  let bytes: Uint8Array = new Uint8Array(0);
  const sink: ContentSink = {
    open: async () => [],
    read: async (offset, length) => bytes.subarray(offset, offset + length),
    write: async (_offset, written) => {
      bytes = written;
    },
    finish: async () => {},
    abort: async () => {},
  };
  await receiveSmall(deps, file, { sink, url, slots, signal, onReceived: () => {} });
  return bytes;
}
