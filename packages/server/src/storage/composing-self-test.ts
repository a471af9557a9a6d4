import { isAppError } from '@valise/core/errors';
import type { ObjectStore, StoredPart } from './object-store.ts';
import type { Composing } from './store-abilities.ts';

/** S3's least size of a part that isn't the last. */
const LEAST_PART = 5 * 1024 * 1024;
/** One byte more, for that is where AWS begins to take ranges. */
export const LARGE_SOURCE_BYTES = LEAST_PART + 1;

export interface ComposingSources {
  /** An object of a few bytes. */
  readonly small: string;
  /** One of `LARGE_SOURCE_BYTES`. */
  readonly large: string;
  /** Where the composed object may be made, and left. */
  readonly target: string;
}

/**
 * Makes one object of three unequal pieces of another, and takes a range of a very small one. The
 * store copies; nothing passes through here.
 */
export async function testComposing(
  store: ObjectStore,
  { small, large, target }: ComposingSources,
): Promise<Composing | null> {
  const mimeType = 'application/octet-stream';
  const uploadId = await store.createMultipart(target, { mimeType });
  const copy = (partNumber: number, source: string, size: number) =>
    unlessRefused(store.copyPart(target, uploadId, { partNumber, source, from: 0, size }));
  try {
    const tiny = await copy(3, small, 1);
    const parts = [
      await copy(1, large, LARGE_SOURCE_BYTES),
      await copy(2, large, LEAST_PART),
      tiny ?? (await copy(3, large, 1)),
    ].filter((part) => part !== null);
    if (parts.length < 3) return null;
    const equalPartsOnly = !(await completes(store, { target, uploadId, parts }));
    return { minimumSource: tiny === null ? LARGE_SOURCE_BYTES : 1, equalPartsOnly };
  } finally {
    await store.abortMultipart(target, uploadId);
  }
}

async function completes(
  store: ObjectStore,
  made: { target: string; uploadId: string; parts: readonly StoredPart[] },
): Promise<boolean> {
  const { target, uploadId, parts } = made;
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const completion = store.completeMultipart(target, uploadId, { parts, size });
  return (await unlessRefused(completion)) !== null;
}

/** A store that can't do something refuses it; one that is away is found out by the next call. */
async function unlessRefused<T>(attempt: Promise<T>): Promise<T | null> {
  try {
    return await attempt;
  } catch (error) {
    if (isAppError(error, 'store-unavailable')) return null;
    throw error;
  }
}
