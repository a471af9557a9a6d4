import { DEFAULT_PART_SIZE, MAX_PARTS, MIN_PART_SIZE } from './upload-plan.ts';

const MIB = 1_048_576;

/** What a plan must keep to, in bytes where not said otherwise. */
export interface AssemblyLimits {
  /** Of every part but the last. */
  readonly minPart: number;
  /** Number of an object's parts. */
  readonly maxParts: number;
  /** A part to upload; larger only when the number of parts demands it. */
  readonly uploadPart: number;
  /** Long ranges are copied in pieces: stores that really copy do several at once. */
  readonly minCopy: number;
  readonly maxCopy: number;
  /** Staging objects that may be made one from the other. */
  readonly maxChain: number;
  /**
   * Bytes that one staging object must save at least: it takes six calls to the store, a quarter
   * of a second at some, in which an ordinary line sends as much.
   */
  readonly stagingCost: number;
  /** Number of staging objects of one plan: six calls each, so thousands take some seconds. */
  readonly maxStagings: number;
}

export const ASSEMBLY_LIMITS: AssemblyLimits = {
  minPart: MIN_PART_SIZE,
  maxParts: MAX_PARTS,
  uploadPart: DEFAULT_PART_SIZE,
  minCopy: 64 * MIB,
  maxCopy: 512 * MIB,
  maxChain: 8,
  stagingCost: MIB / 4,
  maxStagings: 4_000,
};
