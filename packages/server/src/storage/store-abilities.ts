import type { PinningMode } from './upload-signer.ts';

/**
 * What this store can do beyond what every store must, found out by trying at the start (see
 * `testStore`), because no document says it reliably. A value: plans are made from it.
 */
export interface StoreAbilities {
  /** How a URL makes the store refuse other bytes than announced. */
  readonly pinning: PinningMode;
  /** Taking ranges of objects as parts (UploadPartCopy with a range); null where that fails. */
  readonly composing: Composing | null;
}

export interface Composing {
  /** The least size in bytes of an object that ranges can be taken from: AWS wants > 5 MiB. */
  readonly minimumSource: number;
  /**
   * Every part but the last must have the same size. Pieces of other objects hardly ever do, so
   * such a store is given whole uploads in equal parts.
   */
  readonly equalPartsOnly: boolean;
}
