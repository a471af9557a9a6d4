import type { ObjectStore } from './object-store.ts';
import type { StoreInventory } from './store-inventory.ts';

/**
 * Where each installation that keeps its objects in this bucket leaves a mark: an object of no bytes
 * with its id in the key, put before anything else. Keys of contents tell nothing of whose they are,
 * so what one database doesn't know may be another's.
 */
export const INSTALLATION_PREFIX = 'installations/';

const MARK = /^installations\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** May be done again. */
export async function markInstallation(
  store: Pick<ObjectStore, 'createEmpty'>,
  id: string,
): Promise<void> {
  await store.createEmpty(INSTALLATION_PREFIX + id);
}

/** The marks of all installations but this one. */
export async function otherInstallations(
  inventory: Pick<StoreInventory, 'objects'>,
  id: string,
): Promise<readonly string[]> {
  const others: string[] = [];
  for await (const page of inventory.objects(INSTALLATION_PREFIX)) {
    for (const { key } of page) {
      if (MARK.test(key) && key !== INSTALLATION_PREFIX + id) others.push(key);
    }
  }
  return others;
}
