import type { ObjectStore } from './object-store.ts';
import { PROBE_PREFIXES } from './probe-keys.ts';
import type { StoreInventory } from './store-inventory.ts';

/** No self-test and no doctor takes that long: whoever put it was killed. */
export const PROBE_LIFE_MS = 3600_000;

/** Takes away what killed self-tests and doctors have left. Answers how much it was. */
export async function removeOldProbes(
  store: ObjectStore,
  inventory: StoreInventory,
  now: Date,
): Promise<number> {
  const isOld = (at: Date) => now.getTime() - at.getTime() > PROBE_LIFE_MS;
  let removed = 0;
  for (const prefix of PROBE_PREFIXES) {
    for await (const page of inventory.objects(prefix)) {
      const keys = page.filter(({ modifiedAt }) => isOld(modifiedAt)).map(({ key }) => key);
      await store.remove(keys);
      removed += keys.length;
    }
    for await (const page of inventory.uploads(prefix)) {
      for (const { key, storeUploadId, begunAt } of page) {
        if (!isOld(begunAt)) continue;
        await store.abortMultipart(key, storeUploadId);
        removed++;
      }
    }
  }
  return removed;
}
