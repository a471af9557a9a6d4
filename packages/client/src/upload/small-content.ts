import { formatChunkId } from '@valise/core/chunking';
import { digestAt, recordCount } from '@valise/core/manifest';
import { ClientError } from '../errors/client-error.ts';
import { hashBytes } from '../hashing/hash-bytes.ts';
import type { Ambient, ContentSource, HashedContent, IoOptions } from '../ports.ts';

export interface SmallContent extends HashedContent {
  readonly bytes: Uint8Array;
  /** `sha256:…` over all the bytes. */
  readonly partHash: string;
}

/** A file that is rewritten under our hands settles or is given up after so many looks. */
const LOOKS = 3;

/**
 * Reads and hashes content that is one PUT. What is hashed is what is sent, so it can't lie; the
 * identity before and after reading makes sure that it isn't half old and half new.
 */
export async function readSmallContent(
  source: ContentSource,
  ambient: Ambient,
  options: IoOptions = {},
): Promise<SmallContent> {
  for (let look = 0; look < LOOKS; look++) {
    const before = await source.identity();
    const bytes = await source.read(0, source.size, options);
    if ((await source.identity()) === before) return hashWhole(bytes, ambient);
  }
  throw new ClientError('content-changed', 'The file keeps changing while it is read.');
}

async function hashWhole(bytes: Uint8Array, ambient: Ambient): Promise<SmallContent> {
  const hashed = await hashBytes(bytes, ambient);
  return { ...hashed, bytes, partHash: await partHashOf(bytes, hashed.records, ambient) };
}

/** A single chunk's digest is the whole's: most small files need no second hash. */
async function partHashOf(
  bytes: Uint8Array,
  records: Uint8Array,
  ambient: Ambient,
): Promise<string> {
  const single = recordCount(records) === 1;
  return formatChunkId(single ? digestAt(records, 0) : await ambient.sha256(bytes));
}
