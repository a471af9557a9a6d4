/** A part as the store lists it. */
export interface StoredPart {
  readonly partNumber: number;
  readonly size: number;
  readonly etag: string;
}

export interface StoredObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

export interface CopiedRange {
  readonly partNumber: number;
  /** Key of the object that the range is of. */
  readonly source: string;
  readonly from: number;
  /** At least 1. */
  readonly size: number;
}

export interface IoOptions {
  readonly signal?: AbortSignal;
}

/**
 * The control side of an S3 store: no call here carries a file byte.
 *
 * All calls are safe to repeat. ETags come without quotes. A store that is away, slow or full
 * throws AppError `store-unavailable` or `storage-full` (both transient); retries happen
 * inside. Absence is a value (`null`), never an exception. Where encryption is demanded, whatever makes
 * an object or finds it by `head` throws `store-unencrypted` when the store doesn't say that it encrypts.
 */
export interface ObjectStore {
  /** Names the store in `objects.store`, e.g. `valise@us-east-1`. */
  readonly name: string;
  /** False where a new object must be asked for by `head`: a listing doesn't tell of encryption. */
  readonly provesByListing: boolean;
  /** Starts a multipart upload; answers the store's upload id. */
  createMultipart(key: string, options: IoOptions & { mimeType: string }): Promise<string>;
  /** Ids of the multipart uploads begun at exactly this key and neither completed nor aborted. */
  listMultiparts(key: string, options?: IoOptions): Promise<readonly string[]>;
  /** Writes an object of no bytes. */
  createEmpty(key: string, options?: IoOptions): Promise<StoredObject>;
  /**
   * The parts the store holds, by number, of `from`–`to` (inclusive; all by default); null when
   * it knows no such upload (any more).
   */
  listParts(
    key: string,
    storeUploadId: string,
    options?: IoOptions & { from?: number; to?: number },
  ): Promise<readonly StoredPart[] | null>;
  /**
   * Makes a part of `size` bytes of another object, from byte `from` on; no content moves through
   * us. Null where there is nothing to copy or nowhere to: no such source, range or upload. Only
   * where the store's abilities include composing: elsewhere it is refused.
   */
  copyPart(
    key: string,
    storeUploadId: string,
    options: IoOptions & CopiedRange,
  ): Promise<StoredPart | null>;
  /**
   * Assembles exactly these parts. Answers the finished object; null when the upload is unknown
   * and no object stands at `key`. A lost answer is settled by asking for the object.
   */
  completeMultipart(
    key: string,
    storeUploadId: string,
    options: IoOptions & { parts: readonly StoredPart[]; size: number },
  ): Promise<StoredObject | null>;
  abortMultipart(key: string, storeUploadId: string, options?: IoOptions): Promise<void>;
  head(key: string, options?: IoOptions): Promise<StoredObject | null>;
  /** Every object whose key starts with `prefix`. */
  list(prefix: string, options?: IoOptions): Promise<readonly StoredObject[]>;
  /** Deletes; unknown keys are fine. */
  remove(keys: readonly string[], options?: IoOptions): Promise<void>;
  /** Reads one small thing to see that the store answers; throws otherwise. */
  ping(options?: IoOptions): Promise<void>;
}
