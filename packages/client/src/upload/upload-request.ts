import type { File } from '@valise/core/wire';
import type { UploadRef } from '../api/uploads-api.ts';
import type { ContentSource, IoOptions } from '../ports.ts';
import type { TransferControl } from '../transfer/transfer-control.ts';
import type { KnownVersion } from './known-version.ts';
import type { SentVersion } from './sent-version.ts';

/** One file to put. The upload closes the source, however it ends. */
export interface UploadRequest {
  readonly source: ContentSource;
  /** The server's file that this is the next version of, wherever it lies: no place counts then. */
  readonly fileId?: string;
  readonly name: string;
  /** null: the caller's root. */
  readonly parentId: string | null;
  readonly mimeType: string;
  readonly modifiedAt: Date;
  readonly executable: boolean;
  /** See the contract: absent replaces whatever is there. */
  readonly baseVersion?: number | null;
  readonly baseVerified?: boolean;
  /**
   * Whether an earlier version is known to be there. Of its next one most is there, too, so nothing
   * is made ready for sending all of it. `base` or a `baseVersion` says the same.
   */
  readonly isReplacement?: boolean;
  /**
   * The version that this is an edit of, where its chunks are known: then only the difference is
   * told, and `baseVersion` and `baseVerified` are taken from it. Where the server doesn't know that
   * base any more, those given above count.
   */
  readonly base?: KnownVersion | null;
}

export interface UploadProgress {
  readonly phase: 'hashing' | 'sending' | 'completing';
  /** Bytes of this phase that are done; may fall when a part has to be sent again. */
  readonly bytes: number;
  /** Bytes of this phase in all. */
  readonly total: number;
}

export interface UploadOptions extends IoOptions {
  readonly onProgress?: (progress: UploadProgress) => void;
  readonly control?: TransferControl;
  /** Told once the server knows of it: by that name it can be cancelled in another life. */
  readonly onPending?: (upload: UploadRef) => void;
  /** How often to begin anew when the file changes meanwhile (default 0: `content-changed`). */
  readonly restarts?: number;
}

export interface UploadResult {
  /** As it stands by then, which may be somebody else's next version already. */
  readonly file: File;
  readonly sent: SentVersion;
  /** Bytes put to the store by this call: 0 where the server knew the content. */
  readonly bytesSent: number;
  /** The packed manifest of what was uploaded: with `sent.version` the base of the next edit. */
  readonly records?: Uint8Array;
}

/** How one of many uploads went. */
export type UploadOutcome<Item extends UploadRequest> =
  | ({ readonly kind: 'done'; readonly item: Item } & UploadResult)
  | { readonly kind: 'failed'; readonly item: Item; readonly error: unknown };

export interface UploadManyOptions<Item extends UploadRequest> extends IoOptions {
  /** Called once per item, in the order in which they end. */
  readonly onOutcome?: (outcome: UploadOutcome<Item>) => void;
  /** As of a single upload. */
  readonly onPending?: (item: Item, upload: UploadRef) => void;
  /** Bytes sent since the last call. */
  readonly onSent?: (bytes: number) => void;
}
