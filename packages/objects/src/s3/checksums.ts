import { checksumAlgorithms, checksumNames } from '../http/checksum.ts';
import type { Checksums } from '../storage/journal-record.ts';
import type { PartEntry } from '../storage/object-index.ts';
import { S3Error } from './s3-error.ts';
import { childText } from './xml.ts';

/** `x-amz-checksum-*` of an answer. */
export function checksumHeaders(checksums: Checksums): Record<string, string> {
  return Object.fromEntries(
    Object.entries(checksums).map(([name, value]) => [`x-amz-checksum-${name}`, value]),
  );
}

/** The checksums of a part as elements of XML. */
export function checksumElements(checksums: Checksums): Record<string, string | undefined> {
  return Object.fromEntries(
    checksumNames.map((name) => [checksumAlgorithms[name].element, checksums[name]]),
  );
}

/** The checksums that a client lists with a part. */
export function listedChecksums(entry: unknown): Checksums {
  const result: Record<string, string> = {};
  for (const name of checksumNames) {
    const value = childText(entry, checksumAlgorithms[name].element);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

/**
 * Judges `x-amz-checksum-*` of a completion, which speaks of the object: the checksum over the
 * parts' checksums, with or without `-<number of parts>`. One over the whole content would need
 * all of it read again: that is refused rather than believed.
 */
export function checkObjectChecksums(
  headers: ReadonlyMap<string, string>,
  parts: readonly PartEntry[],
): void {
  for (const name of checksumNames) {
    const claimed = headers.get(`x-amz-checksum-${name}`);
    if (claimed === undefined) continue;
    if (headers.get('x-amz-checksum-type')?.toUpperCase() === 'FULL_OBJECT') {
      throw new S3Error('NotImplemented', 'Checksums of assembled content are not known here.');
    }
    const digest = checksumAlgorithms[name].create();
    for (const part of parts) {
      const value = part.checksums[name];
      if (value === undefined) throw new S3Error('InvalidRequest', `A part has no ${name}.`);
      digest.update(Buffer.from(value, 'base64'));
    }
    const actual = digest.result();
    if (claimed !== actual && claimed !== `${actual}-${parts.length}`)
      throw new S3Error('BadDigest');
  }
}
