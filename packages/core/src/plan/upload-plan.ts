import { AppError } from '../errors/index.ts';

const MIB = 1_048_576;

/** Up to here one PUT is cheaper than a multipart upload's two extra calls. */
export const SINGLE_PUT_LIMIT = 8 * MIB;
/** Large enough to fill a fast link, small enough that a broken one loses little. */
export const DEFAULT_PART_SIZE = 8 * MIB;
/** S3: at most 10,000 parts, 5 TiB an object, and 5 MiB for every part but the last. */
export const MAX_PARTS = 10_000;
export const MAX_OBJECT_SIZE = 5 * 1024 * 1024 * MIB;
export const MIN_PART_SIZE = 5 * MIB;

/**
 * How one object comes into being at the store. Parts describe transfer alone: they are equal in
 * size but for the last, and know nothing of the chunks that describe the content.
 */
export interface UploadPlan {
  readonly size: number;
  /** Bytes of every part but the last. */
  readonly partSize: number;
  /** 0 for empty content: there is nothing to send. */
  readonly partCount: number;
  /** One plain PUT rather than a multipart upload. */
  readonly single: boolean;
}

export interface PartRange {
  readonly offset: number;
  readonly size: number;
}

/**
 * Parts are `partSize` bytes, or as many whole MiB as the number of parts demands.
 * Throws `invalid-value` for sizes that no object can have.
 */
export function planUpload(request: {
  readonly size: number;
  readonly partSize?: number;
}): UploadPlan {
  const { size, partSize: preferred = DEFAULT_PART_SIZE } = request;
  if (!Number.isSafeInteger(size) || size < 0 || size > MAX_OBJECT_SIZE) {
    throw new AppError('invalid-value', 'size must be 0 to 5 TiB.', { details: { field: 'size' } });
  }
  if (size <= SINGLE_PUT_LIMIT) {
    return { size, partSize: size, partCount: size === 0 ? 0 : 1, single: true };
  }
  const smallest = Math.ceil(size / MAX_PARTS / MIB) * MIB;
  const partSize = Math.max(preferred, smallest, MIN_PART_SIZE);
  return { size, partSize, partCount: Math.ceil(size / partSize), single: false };
}

/** The bytes of part `partNumber`, counted from 1. Throws `invalid-value` for a part not planned. */
export function partRange(
  plan: Pick<UploadPlan, 'size' | 'partSize' | 'partCount'>,
  partNumber: number,
): PartRange {
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > plan.partCount) {
    throw new AppError('invalid-value', `There is no part ${partNumber}.`, {
      details: { field: 'partNumber' },
    });
  }
  const offset = (partNumber - 1) * plan.partSize;
  return { offset, size: Math.min(plan.partSize, plan.size - offset) };
}
