import { isAppError } from '@valise/core/errors';
import type { ObjectStore, StoredObject } from '../storage/object-store.ts';

/**
 * What stands at the key of a pending upload. An object that isn't encrypted though it must be goes
 * at once, so that a repeat can bring it again when the store has been set right; the fault is thrown.
 */
export async function headNewObject(store: ObjectStore, key: string): Promise<StoredObject | null> {
  try {
    return await store.head(key);
  } catch (error) {
    if (isAppError(error, 'store-unencrypted')) await store.remove([key]);
    throw error;
  }
}
