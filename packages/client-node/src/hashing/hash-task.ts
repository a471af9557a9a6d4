import type { Chain, Stretch } from '@valise/client/hashing';

/** What a thread is asked to do. */
export interface HashTask extends Stretch {
  /** Descriptors belong to the process, so every thread may read from it. */
  readonly fd: number;
}

export interface HashOrder {
  readonly task: HashTask;
  /** One shared 32-bit integer; anything but 0 stops the work. */
  readonly stop: Int32Array;
}

/** What it says: how far it is, and in the end, once, how it went. */
export type HashReport = { readonly type: 'progress'; readonly bytes: number } | FinalReport;

export type FinalReport =
  | { readonly type: 'done'; readonly chain: Chain; readonly partDigests: Uint8Array }
  | { readonly type: 'stopped' }
  | { readonly type: 'changed' }
  /** Errors lose their `code` on the way between threads. */
  | { readonly type: 'failed'; readonly message: string; readonly code: string | undefined };
