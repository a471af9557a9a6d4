import type { PartRange } from '@valise/core/plan';

/** A byte range of the file that the client sends, and which part of which store upload it is. */
export interface SentPart extends PartRange {
  readonly key: string;
  /** Null before it is begun, and for a plain PUT. */
  readonly storeUploadId: string | null;
  readonly storePart: number;
}

/** The parts of an upload that a client sends, by our numbers: 1 … `count`, in the file's order. */
export interface UploadParts {
  readonly count: number;
  /** Throws `invalid-value` for a number that isn't planned. */
  part(partNumber: number): SentPart;
}
