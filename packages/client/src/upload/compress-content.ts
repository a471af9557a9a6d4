import type { ContentEncoding } from '@valise/core/wire';
import type { IoOptions } from '../ports.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';

/** What of a small content is sent and stored, where it isn't the content itself. */
export interface CompressedContent {
  readonly bytes: Uint8Array;
  readonly contentEncoding: ContentEncoding;
}

/** Below, the gain is a few hundred bytes at best, which neither disk nor network notices. */
const LEAST_SIZE = 512;
const SAMPLE_PIECES = 4;
const SAMPLE_PIECE_SIZE = 1024;
/**
 * Bits per byte. What is compressed or encrypted already lies above 7.5 even in small samples; text
 * lies about 5, programs about 6.
 */
const MOST_ENTROPY = 7;
/** To decode costs every reader something: it must be worth it. */
const WORTHWHILE = 0.8;

/**
 * The content compressed, if that makes it clearly smaller and the server has it decoded for those
 * who can't. A look at 4 KiB of it spares what won't get smaller the attempt, and the server the
 * question.
 */
export async function compressContent(
  { api, ambient }: Pick<TransferDeps, 'api' | 'ambient'>,
  content: Uint8Array,
  options: IoOptions,
): Promise<CompressedContent | null> {
  if (content.length < LEAST_SIZE || entropyOfSample(content) > MOST_ENTROPY) return null;
  const encodings = await api.uploads.contentEncodings({ ...options, patient: true });
  if (!encodings.includes('gzip')) return null;
  const bytes = await ambient.gzip(content);
  if (bytes.length > content.length * WORTHWHILE) return null;
  return { bytes, contentEncoding: 'gzip' };
}

/** Shannon's, of single bytes, in bits per byte: of pieces spread over the content. */
export function entropyOfSample(content: Uint8Array): number {
  const counts = new Uint32Array(256);
  const stride = Math.max(
    1,
    Math.floor((content.length - SAMPLE_PIECE_SIZE) / (SAMPLE_PIECES - 1)),
  );
  let total = 0;
  for (let piece = 0; piece < SAMPLE_PIECES; piece++) {
    const from = piece * stride;
    for (const byte of content.subarray(from, from + SAMPLE_PIECE_SIZE)) {
      counts[byte] = (counts[byte] ?? 0) + 1;
      total++;
    }
  }
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= (count / total) * Math.log2(count / total);
  return bits;
}
