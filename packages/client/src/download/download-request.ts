import type { File } from '@valise/core/wire';
import type { ContentSink, IoOptions } from '../ports.ts';
import type { TransferControl } from '../transfer/transfer-control.ts';
import type { LocalContent } from './local-content.ts';

/** One file to get. */
export interface DownloadRequest {
  readonly fileId: string;
  readonly sink: ContentSink;
  /**
   * What is here already: first the older version of the file, if there is one, then others like it.
   * Chunks that these have are taken from them, verified, and only the rest is fetched. The caller
   * closes the sources.
   */
  readonly reuse?: readonly LocalContent[];
}

export interface DownloadProgress {
  /** `verifying`: what is here already, or an earlier attempt left, is checked and taken. */
  readonly phase: 'verifying' | 'receiving';
  readonly bytes: number;
  readonly total: number;
}

export interface DownloadOptions extends IoOptions {
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly control?: TransferControl;
}

export interface DownloadResult {
  readonly file: File;
  /** Bytes fetched by this call: less than the size where an earlier attempt was continued. */
  readonly bytesReceived: number;
  /** Bytes taken from what was here. */
  readonly bytesReused?: number;
  /** The packed manifest, where the file has one and is large. */
  readonly records?: Uint8Array;
  /** `size-only` where the uploader gave no chunk list to check against. */
  readonly verified: 'content' | 'size-only';
}

/** One of many small files; `file` as a listing gave it. */
export interface DownloadItem {
  readonly file: File;
  readonly sink: ContentSink;
  /**
   * Given where something stands that may be an older version: opens it, if the file is large enough
   * for that to pay. Null: it is of no use after all. Its source is closed afterwards.
   */
  readonly older?: (signal: AbortSignal) => Promise<LocalContent | null>;
}

export type DownloadOutcome<Item extends DownloadItem> =
  | { readonly kind: 'done'; readonly item: Item; readonly result: DownloadResult }
  | { readonly kind: 'failed'; readonly item: Item; readonly error: unknown };

export interface DownloadManyOptions<Item extends DownloadItem> extends IoOptions {
  /** Called once per item, in the order in which they end. */
  readonly onOutcome?: (outcome: DownloadOutcome<Item>) => void;
  /** Bytes received since the last call. */
  readonly onReceived?: (bytes: number) => void;
}
