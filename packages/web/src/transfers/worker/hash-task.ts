import type { HashedContent } from '@valise/client';

export interface HashTask {
  readonly file: File;
  readonly partSize: number;
}

export type HashReply =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'done'; readonly content: HashedContent }
  | { readonly kind: 'failed'; readonly message: string };
