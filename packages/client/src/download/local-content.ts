import type { ContentSource } from '../ports.ts';

/**
 * Content that is here already and may have chunks in common with what is wanted. It is a hint: its
 * chunks are read and verified before they are used, so it may change at any time.
 */
export interface LocalContent {
  readonly source: ContentSource;
  /** Its packed manifest. */
  readonly records: Uint8Array;
  /** `v1:…` of that manifest. */
  readonly fingerprint: string;
}
