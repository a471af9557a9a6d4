import { createHash, type Hash, hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Crc32c, Crc64Nvme } from './crc.ts';

/**
 * A running digest whose result is base64, as S3 writes all of them. Bytes given to it must stay
 * as they are.
 */
export interface Digest {
  update(bytes: Buffer): void;
  result(): string;
}

/** Content that comes in one piece is hashed in one call, which spares what a running hash costs. */
const hashed = (algorithm: string) => (): Digest => {
  let only: Buffer | null = null;
  let running: Hash | null = null;
  return {
    update(bytes) {
      if (running === null && only === null) {
        only = bytes;
        return;
      }
      running ??= createHash(algorithm).update(only ?? '');
      running.update(bytes);
    },
    result: () => running?.digest('base64') ?? hash(algorithm, only ?? '', 'base64'),
  };
};

function crc32Digest(): Digest {
  let value = 0;
  return {
    update: (bytes) => {
      value = crc32(bytes, value);
    },
    result: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString('base64');
    },
  };
}

/** What `x-amz-checksum-<name>` may name: length in bytes, and the element's name in XML. */
export const checksumAlgorithms = {
  crc32: { create: crc32Digest, length: 4, element: 'ChecksumCRC32' },
  crc32c: { create: (): Digest => new Crc32c(), length: 4, element: 'ChecksumCRC32C' },
  crc64nvme: { create: (): Digest => new Crc64Nvme(), length: 8, element: 'ChecksumCRC64NVME' },
  sha1: { create: hashed('sha1'), length: 20, element: 'ChecksumSHA1' },
  sha256: { create: hashed('sha256'), length: 32, element: 'ChecksumSHA256' },
} as const satisfies Record<string, { create: () => Digest; length: number; element: string }>;

export type ChecksumAlgorithm = keyof typeof checksumAlgorithms;

export const md5Digest = hashed('md5');

export function isChecksumAlgorithm(name: string): name is ChecksumAlgorithm {
  return Object.hasOwn(checksumAlgorithms, name);
}

/** Every algorithm's name, in the order in which answers list them. */
export const checksumNames = Object.keys(checksumAlgorithms) as readonly ChecksumAlgorithm[];
