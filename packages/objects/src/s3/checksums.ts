import { type ChecksumAlgorithm, checksumAlgorithms, checksumNames } from '../http/checksum.ts';
import { combineCrcs, isCombinable } from '../http/crc-combine.ts';
import type { Checksums } from '../storage/journal-record.ts';
import type { PartEntry } from '../storage/object-index.ts';
import { S3Error } from './s3-error.ts';
import { childText } from './xml.ts';

/** `x-amz-checksum-*` of an answer. */
export function checksumHeaders(checksums: Checksums): Record<string, string> {
  const type = checksumType(checksums);
  return {
    ...Object.fromEntries(
      Object.entries(checksums).map(([name, value]) => [`x-amz-checksum-${name}`, value]),
    ),
    ...(type === undefined ? {} : { 'x-amz-checksum-type': type }),
  };
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

/** Says whether checksums are of the content, or (ending in `-<parts>`) of the parts' checksums. */
export function checksumType(checksums: Checksums): string | undefined {
  const values = Object.values(checksums);
  if (values.length === 0) return undefined;
  return values.some(isComposite) ? 'COMPOSITE' : 'FULL_OBJECT';
}

const isComposite = (value: string): boolean => value.includes('-');

/** Those that cover the content itself. */
export function contentChecksums(checksums: Checksums): Checksums {
  return Object.fromEntries(Object.entries(checksums).filter(([, value]) => !isComposite(value)));
}

/**
 * The checksums of an object that is made of parts: of every algorithm that all parts have. CRCs
 * of the whole content where that was asked for (and always for CRC-64, which S3 knows no other
 * way), else checksums of checksums. Throws when `x-amz-checksum-*` of the request claims another.
 */
export function objectChecksums(
  headers: ReadonlyMap<string, string>,
  parts: readonly PartEntry[],
): Checksums {
  const isWhole = headers.get('x-amz-checksum-type')?.toUpperCase() === 'FULL_OBJECT';
  const result: Record<string, string> = {};
  for (const name of checksumNames) {
    const claimed = headers.get(`x-amz-checksum-${name}`);
    const values = parts.flatMap(({ checksums, size }) => {
      const crc = checksums[name];
      return crc === undefined ? [] : [{ crc, size }];
    });
    const actual = values.length < parts.length ? null : joined(name, values, isWhole);
    if (actual === null) {
      if (claimed === undefined) continue;
      throw new S3Error('InvalidRequest', `${name} of this object can't be known.`);
    }
    // Some clients leave the number of parts out.
    const isClaimed = claimed === actual || claimed === actual.replace(/-.*$/, '');
    if (claimed !== undefined && !isClaimed) throw new S3Error('BadDigest');
    result[name] = actual;
  }
  return result;
}

function joined(
  name: ChecksumAlgorithm,
  values: readonly { crc: string; size: number }[],
  isWhole: boolean,
): string | null {
  if (isCombinable(name) && (isWhole || name === 'crc64nvme')) return combineCrcs(name, values);
  if (isWhole) return null;
  const digest = checksumAlgorithms[name].create();
  for (const { crc } of values) digest.update(Buffer.from(crc, 'base64'));
  return `${digest.result()}-${values.length}`;
}
