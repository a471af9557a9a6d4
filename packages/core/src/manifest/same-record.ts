import { RECORD_BYTES } from './records.ts';

/** Whether two records, each by its list and number, tell the same digest and size. */
export function sameRecord(
  left: Uint8Array,
  leftIndex: number,
  right: Uint8Array,
  rightIndex: number,
): boolean {
  const leftAt = leftIndex * RECORD_BYTES;
  const rightAt = rightIndex * RECORD_BYTES;
  for (let byte = 0; byte < RECORD_BYTES; byte++) {
    if (left[leftAt + byte] !== right[rightAt + byte]) return false;
  }
  return true;
}

/**
 * A record's first eight bytes as a string, because a `Map` hashes strings in a way that the author
 * of a list can't foresee. Records that share them are told apart by `sameRecord`.
 */
export function recordKey(records: Uint8Array, index: number): string {
  const at = index * RECORD_BYTES;
  const unit = (from: number) => ((records[from] ?? 0) << 8) | (records[from + 1] ?? 0);
  return String.fromCharCode(unit(at), unit(at + 2), unit(at + 4), unit(at + 6));
}
