import { formatChunkId } from '@valise/core/chunking';
import { digestAt, recordCount } from '@valise/core/manifest';
import type { ContentEncoding } from '@valise/core/wire';
import { ClientError } from '../errors/client-error.ts';
import { hashBytes } from '../hashing/hash-bytes.ts';
import type { Ambient, ContentSource, HashedContent, IoOptions } from '../ports.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import { compressContent } from './compress-content.ts';

export interface SmallContent extends HashedContent {
  /** What is sent: the content, or its compressed form. */
  readonly body: Uint8Array;
  /** `sha256:…` over the body. */
  readonly partHash: string;
  readonly contentEncoding: ContentEncoding | null;
}

/** A file that is rewritten under our hands settles or is given up after so many looks. */
const LOOKS = 3;

/**
 * Reads and hashes content that is one PUT. What is hashed is what is sent, so it can't lie; the
 * identity before and after reading makes sure that it isn't half old and half new.
 */
export async function readSmallContent(
  deps: Pick<TransferDeps, 'api' | 'ambient'>,
  source: ContentSource,
  options: IoOptions = {},
): Promise<SmallContent> {
  for (let look = 0; look < LOOKS; look++) {
    const before = await source.identity();
    const bytes = await source.read(0, source.size, options);
    if ((await source.identity()) === before) return describe(deps, bytes, options);
  }
  throw new ClientError('content-changed', 'The file keeps changing while it is read.');
}

async function describe(
  deps: Pick<TransferDeps, 'api' | 'ambient'>,
  bytes: Uint8Array,
  options: IoOptions,
): Promise<SmallContent> {
  const { ambient } = deps;
  const hashed = await hashBytes(bytes, ambient);
  const compressed = await compressContent(deps, bytes, options);
  if (compressed === null) {
    const partHash = await partHashOf(bytes, hashed.records, ambient);
    return { ...hashed, body: bytes, partHash, contentEncoding: null };
  }
  const { bytes: body, contentEncoding } = compressed;
  return { ...hashed, body, partHash: formatChunkId(await ambient.sha256(body)), contentEncoding };
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
