import {
  createChunker,
  DIGEST_BYTES,
  FINGERPRINT_RECIPE,
  formatFingerprint,
} from '@valise/core/chunking';
import { digestsOf, packDigests } from '@valise/core/manifest';
import type { Ambient, HashedContent } from '../ports.ts';

/** Chunks and fingerprints content that is in memory. */
export async function hashBytes(
  bytes: Uint8Array,
  ambient: Pick<Ambient, 'sha256'>,
): Promise<HashedContent> {
  const chunker = createChunker();
  const ends = [...chunker.push(bytes), ...chunker.finish()];
  const digests = new Uint8Array(ends.length * DIGEST_BYTES);
  const sizes: number[] = [];
  let from = 0;
  for (const [index, end] of ends.entries()) {
    digests.set(await ambient.sha256(bytes.subarray(from, end)), index * DIGEST_BYTES);
    sizes.push(end - from);
    from = end;
  }
  const records = packDigests(digests, sizes);
  return { size: bytes.length, fingerprint: await fingerprintRecords(records, ambient), records };
}

/** The fingerprint that a packed manifest adds up to. */
export async function fingerprintRecords(
  records: Uint8Array,
  ambient: Pick<Ambient, 'sha256'>,
): Promise<string> {
  const digest = await ambient.sha256(digestsOf(records));
  return formatFingerprint({ recipe: FINGERPRINT_RECIPE, digest });
}
