import type { ContentEncoding } from '@valise/core/wire';

/**
 * How the store can be made to refuse other bytes than those announced (found by self-test).
 * `Content-MD5` isn't among them: clients announce SHA-256.
 */
export type PinningMode = 'sha256-checksum' | 'content-sha256' | 'none';

export interface SignedRequest {
  readonly method: 'PUT';
  readonly url: string;
  /** To be sent exactly; `content-length` is implied by the body and not listed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
}

export interface PutTarget {
  readonly key: string;
  readonly size: number;
  /** Hex SHA-256 of the bytes, to pin them where the store can. */
  readonly sha256?: string | undefined;
}

/**
 * Makes presigned upload URLs: pure computation, no I/O, ~30 µs each. Every URL pins
 * `content-length`, lives at most 15 minutes and can never change a complete object (a single PUT
 * signs `If-None-Match: *`).
 */
export interface UploadSigner {
  putObject(
    target: PutTarget & { mimeType: string; contentEncoding?: ContentEncoding | null },
  ): SignedRequest;
  putPart(target: PutTarget & { storeUploadId: string; partNumber: number }): SignedRequest;
}
