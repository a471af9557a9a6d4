import type { Chain, Stretch } from '@valise/client/hashing';

/** What a worker is asked to do: it is given the file, not its bytes. */
export interface HashTask extends Stretch {
  readonly file: File;
}

/** What it says: how far it is, and in the end, once, how it went. */
export type HashReply =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'done'; readonly chain: Chain; readonly partDigests: Uint8Array }
  | { readonly kind: 'changed' }
  | { readonly kind: 'failed'; readonly message: string };
