import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A running digest whose result is base64, as S3 writes all of them. */
export interface Digest {
  update(bytes: Buffer): void;
  result(): string;
}

const hashed = (algorithm: string) => (): Digest => {
  const hash = createHash(algorithm);
  return {
    update: (bytes) => {
      hash.update(bytes);
    },
    result: () => hash.digest('base64'),
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

/** The checksums of `x-amz-checksum-<name>` that this store computes, with their length in bytes. */
export const checksumAlgorithms = {
  crc32: { create: crc32Digest, length: 4 },
  sha1: { create: hashed('sha1'), length: 20 },
  sha256: { create: hashed('sha256'), length: 32 },
} as const satisfies Record<string, { create: () => Digest; length: number }>;

export type ChecksumAlgorithm = keyof typeof checksumAlgorithms;

export const md5Digest = hashed('md5');

export function isChecksumAlgorithm(name: string): name is ChecksumAlgorithm {
  return Object.hasOwn(checksumAlgorithms, name);
}
