import { DIGEST_BYTES } from '../chunking/index.ts';
import { RECORD_BYTES, recordCount } from './records.ts';

/** Of so many chunks one is sampled, on average. */
const EVERY = 8;

/**
 * The beginnings (8 bytes, as signed numbers) of those chunk ids that are ≡ 0 mod 8, each once: equal
 * content gives equal samples wherever it stands, so that few of a content's chunks suffice to find
 * another that has most of them.
 */
export function sampleChunks(records: Uint8Array): bigint[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const samples = new Set<bigint>();
  for (let index = 0; index < recordCount(records); index++) {
    const at = index * RECORD_BYTES;
    if ((records[at + DIGEST_BYTES - 1] ?? 0) % EVERY === 0) samples.add(view.getBigInt64(at));
  }
  return [...samples];
}
