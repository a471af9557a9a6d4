import type { HashedContent } from '@valise/client';
import {
  createChunker,
  DIGEST_BYTES,
  FINGERPRINT_RECIPE,
  formatFingerprint,
} from '@valise/core/chunking';
import { digestsOf, packDigests } from '@valise/core/manifest';
import { sha256 } from '../../platform/sha256.ts';
import { readSlice } from './blob-source.ts';

/** Slices whose digests may be under way: 32 MiB at once, however large the file. */
const AHEAD = 4;

export interface HashBlobOptions {
  /** Bytes per read, and per part whose digest is made in passing. */
  readonly partSize: number;
  onProgress(bytes: number): void;
}

/**
 * Cuts and fingerprints a file. This thread reads and cuts; the digests are made by the browser's
 * own threads meanwhile, those of the parts (needed for their URLs) along with those of the chunks.
 */
export async function hashBlob(file: File, options: HashBlobOptions): Promise<HashedContent> {
  const { partSize } = options;
  const chunker = createChunker();
  const sizes: number[] = [];
  const digests: Promise<Uint8Array>[] = [];
  const partDigests: Promise<Uint8Array>[] = [];
  let carry: Uint8Array = new Uint8Array(0);
  let end = 0;
  let next = readSlice(file, 0, partSize);
  for (let offset = 0; offset < file.size; offset += partSize) {
    const slice = await next;
    const isLast = offset + partSize >= file.size;
    if (!isLast) next = readSlice(file, offset + partSize, partSize);
    partDigests.push(sha256(slice));
    const window = joined(carry, slice);
    const start = end;
    const cuts = [...chunker.push(slice), ...(isLast ? chunker.finish() : [])];
    for (const cut of cuts) {
      digests.push(sha256(window.subarray(end - start, cut - start)));
      sizes.push(cut - end);
      end = cut;
    }
    carry = window.subarray(end - start);
    if (partDigests.length > AHEAD) await partDigests[partDigests.length - AHEAD];
    options.onProgress(slice.length);
  }
  const records = packDigests(await packed(digests), sizes);
  const digest = await sha256(digestsOf(records));
  return {
    size: file.size,
    fingerprint: formatFingerprint({ recipe: FINGERPRINT_RECIPE, digest }),
    records,
    parts: { size: partSize, digests: await packed(partDigests) },
  };
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

async function packed(pending: readonly Promise<Uint8Array>[]): Promise<Uint8Array> {
  const all = new Uint8Array(pending.length * DIGEST_BYTES);
  for (const [index, digest] of (await Promise.all(pending)).entries()) {
    all.set(digest, index * DIGEST_BYTES);
  }
  return all;
}
