import type { Extents } from './extent.ts';
import type { BlobFacts } from './journal-record.ts';

/** Bytes that are durable (or small enough to go into the record), but not named yet. */
export interface Staged {
  readonly size: number;
  /** For the record that names them; blob '' stands for `inline`. */
  readonly content: { readonly extents: Extents; readonly blob?: BlobFacts };
  readonly inline?: Buffer;
  /** Call once, when the record is durable or was refused. */
  settle(outcome: 'named' | 'refused'): void;
}
