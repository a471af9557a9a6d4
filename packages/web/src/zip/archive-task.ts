import type { File as StoredFile } from '@valise/core/wire';
import type { Identity } from '../session/identity.ts';

/** To the archive worker; with it goes the port on which the pieces are asked for. */
export interface ArchiveTask {
  readonly server: string;
  readonly identity: Identity;
  readonly roots: readonly StoredFile[];
}

/** From the archive worker. */
export type ArchiveNews =
  /** The tree has been walked: so large the archive will be. */
  | { readonly kind: 'listed'; readonly files: number; readonly size: number }
  | { readonly kind: 'failed'; readonly problem: string };
