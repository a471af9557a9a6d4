import assert from 'node:assert/strict';
import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { KnownDifferences } from './known-differences.ts';

/** A running store with an empty bucket of the contract's own. */
export interface ContractStore {
  readonly client: S3Client;
  readonly bucket: string;
  readonly differences: KnownDifferences;
}

export interface StoreAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The SDK as most programs use it, but asking once and sending no checksum unasked. */
export function connect(access: StoreAccess): S3Client {
  return new S3Client({
    endpoint: access.endpoint,
    region: access.region,
    credentials: access,
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

/** The call must fail with this status, and one of these codes where the answer has a body. */
export async function refuses(
  call: Promise<unknown>,
  status: number,
  ...codes: readonly string[]
): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof S3ServiceException, String(error));
    assert.equal(error.$metadata.httpStatusCode, status, error.name);
    if (codes.length > 0) assert.ok(codes.includes(error.name), error.name);
    return true;
  });
}
