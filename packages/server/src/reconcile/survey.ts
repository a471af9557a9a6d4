import type { Db } from '../db/database.ts';
import { installationId } from '../db/installation-id.ts';
import { otherInstallations } from '../storage/installation-marks.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { isProbe, PROBE_PREFIXES } from '../storage/probe-keys.ts';
import type { InventoryObject, StoreInventory } from '../storage/store-inventory.ts';
import { isObjectKey } from '../uploads/object-keys.ts';
import type { Discrepancy } from './discrepancy.ts';
import { mergeByKey, type Pair } from './merge-by-key.ts';
import {
  knownKeys,
  knownStoreUploads,
  lossAt,
  type ObjectRecord,
  objectRecords,
} from './reference-store.ts';

export interface ReconcileDeps {
  readonly db: Db;
  readonly store: ObjectStore;
  readonly inventory: StoreInventory;
}

export interface Counts {
  /** Objects at the store that are ours by their key. */
  objects: number;
  /** Live rows. */
  rows: number;
  /** What stands in our places and isn't ours by its key, or may be another's; it is let be. */
  foreign: number;
}

/**
 * Whether another installation has its objects in this bucket. It marks itself before it writes
 * anything, so what was listed before this was asked is told from its own.
 */
export async function isShared({ db, inventory }: ReconcileDeps): Promise<boolean> {
  return (await otherInstallations(inventory, await installationId(db))).length > 0;
}

/** What is looked up in the database together. */
const BATCH = 500;
const FILES = 'v1/';

/**
 * Walks store and database side by side, in the order of keys, and tells where they differ. Memory
 * holds a page of each. Running uploads are no differences: what seems to be one is asked for again,
 * in one look at the database, after the listing that showed it. In a bucket that another
 * installation uses, too, what the database doesn't know may be the other's, and counts as foreign.
 */
export async function* survey(deps: ReconcileDeps, counts: Counts): AsyncGenerator<Discrepancy> {
  const shared = await isShared(deps);
  for await (const one of differences(deps, counts)) {
    if (!shared || (one.kind !== 'stray-object' && one.kind !== 'stray-upload')) yield one;
    else {
      counts.foreign++;
      if (one.kind === 'stray-object') counts.objects--;
    }
  }
}

async function* differences(deps: ReconcileDeps, counts: Counts): AsyncGenerator<Discrepancy> {
  const { db, store, inventory } = deps;
  const listed = ownObjects(inventory, FILES, counts);
  const pairs = mergeByKey(listed, objectRecords(db, store.name));
  yield* inBatches(pairs, (batch) => judge(deps, batch, counts));
  for (const prefix of PROBE_PREFIXES.filter((one) => !one.startsWith(FILES))) {
    for await (const { key, size, modifiedAt } of ownObjects(inventory, prefix, counts)) {
      yield { kind: 'stray-object', key, size, at: modifiedAt };
    }
  }
  for (const prefix of [FILES, ...PROBE_PREFIXES.filter((one) => !one.startsWith(FILES))]) {
    yield* strayUploads(deps, prefix);
  }
}

async function* ownObjects(
  inventory: StoreInventory,
  prefix: string,
  counts: Counts,
): AsyncGenerator<InventoryObject> {
  for await (const page of inventory.objects(prefix)) {
    for (const object of page) {
      const isOurs = isObjectKey(object.key) || isProbe(object.key);
      counts[isOurs ? 'objects' : 'foreign']++;
      if (isOurs) yield object;
    }
  }
}

async function* judge(
  { db, store }: ReconcileDeps,
  pairs: readonly Pair<InventoryObject, ObjectRecord>[],
  counts: Counts,
): AsyncGenerator<Discrepancy> {
  const unmatched = pairs.flatMap(({ left, right }) =>
    left !== null && right === null ? [left] : [],
  );
  const known = await knownKeys(
    db,
    unmatched.map(({ key }) => key),
  );
  for (const { key, size, modifiedAt } of unmatched) {
    if (!known.has(key)) yield { kind: 'stray-object', key, size, at: modifiedAt };
  }
  for (const { key, left, right } of pairs) {
    if (right === null) continue;
    counts.rows++;
    const { id, size, createdAt, isNamed } = right;
    if (!isNamed) yield { kind: 'unnamed-object', key, id, size, at: createdAt };
    if (left?.size === size) continue;
    const found = await store.head(key);
    if (found?.size === size) continue;
    const loss = await lossAt(db, key);
    if (loss === null) continue;
    yield found === null
      ? { kind: 'missing-object', key, size, ...loss }
      : { kind: 'wrong-size', key, size, storedSize: found.size, ...loss };
  }
}

async function* strayUploads(
  { db, inventory }: ReconcileDeps,
  prefix: string,
): AsyncGenerator<Discrepancy> {
  for await (const page of inventory.uploads(prefix)) {
    const ours = page.filter(({ key }) => isObjectKey(key) || isProbe(key));
    const known = await knownStoreUploads(db, ours);
    for (const { key, storeUploadId, begunAt } of ours) {
      if (!known.has(storeUploadId))
        yield { kind: 'stray-upload', key, storeUploadId, at: begunAt };
    }
  }
}

async function* inBatches<T, R>(
  items: AsyncIterable<T>,
  work: (batch: readonly T[]) => AsyncIterable<R>,
): AsyncGenerator<R> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < BATCH) continue;
    yield* work(batch);
    batch = [];
  }
  yield* work(batch);
}
