import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { type KnownStore, refused } from './contract-tools.ts';
import type { Storage } from './create-storage.ts';
import { createHttpS3Caller } from './http-s3-caller.ts';
import { inventoryContract } from './inventory.contract.ts';
import { multipartContract } from './multipart.contract.ts';
import { createS3ObjectStore } from './s3-object-store.ts';
import {
  downloadUrlContract,
  uploadUrlContract,
  virtualHostContract,
} from './signed-urls.contract.ts';
import type { StoreSettings } from './store-settings.ts';

export interface ConnectedStore {
  readonly storage: Storage;
  /** With an endpoint on this machine; the store must know itself as `localhost`, too. */
  readonly settings: StoreSettings;
}

/** What every store must do for the server, and what this one is known to do beyond. */
export function objectStoreContract(
  connect: () => Promise<ConnectedStore>,
  known: KnownStore,
): void {
  describe('the object store port', () => {
    let storage: Storage;
    let settings: StoreSettings;
    before(async () => {
      ({ storage, settings } = await connect());
    });

    test('its abilities are those known', () => {
      assert.deepEqual(storage.abilities, known.abilities);
    });

    objects(() => storage);
    inventoryContract(() => storage);
    multipartContract(() => storage, known);
    uploadUrlContract(() => storage, known);
    downloadUrlContract(() => storage);
    virtualHostContract(() => settings);
    missingBucket(() => settings);
  });
}

function objects(storage: () => Storage): void {
  test('objects are made, found, listed page by page and removed; absence is a value', async () => {
    const { store } = storage();
    const prefix = `v1/list/${randomUUID()}`;
    const odd = ['plain', 'a b+c%2F&<>"\'', 'ünïcödé-🎉', '007'];
    const keys = odd.map((name) => `${prefix}/${name}`);
    for (const key of keys) assert.equal((await store.createEmpty(key)).size, 0);
    const listed = await store.list(prefix);
    assert.deepEqual(listed.map((object) => object.key).sort(), keys.toSorted());
    for (const object of listed) assert.deepEqual(await store.head(object.key), object);
    await store.remove([...keys, `${prefix}/never-there`]);
    assert.deepEqual(await store.list(prefix), []);
    assert.equal(await store.head(keys[0] ?? ''), null);
    await store.remove(keys);
    await store.ping();
  });

  test('listings and removals beyond a thousand', async () => {
    const { store } = storage();
    const prefix = `v1/many/${randomUUID()}`;
    const keys = Array.from({ length: 1_003 }, (_, n) => `${prefix}/${n}`);
    const queue = keys.values();
    const work = async () => {
      for (const key of queue) await store.createEmpty(key);
    };
    await Promise.all(Array.from({ length: 16 }, work));
    assert.equal((await store.list(prefix)).length, keys.length);
    await store.remove(keys);
    assert.equal((await store.list(prefix)).length, 0);
  });
}

function missingBucket(settings: () => StoreSettings): void {
  test('a bucket that is missing is an error, not an upload or object that is gone', async () => {
    const elsewhere = { ...settings(), bucket: `missing-${randomUUID()}` };
    const caller = createHttpS3Caller(elsewhere, () => new Date());
    const store = createS3ObjectStore(caller, elsewhere);
    const part = { partNumber: 1, size: 100, etag: '0'.repeat(32) };
    const list = { parts: [part], size: 100 };
    await assert.rejects(store.head('k'), refused);
    await assert.rejects(store.listParts('k', 'u'), refused);
    await assert.rejects(store.completeMultipart('k', 'u', list), refused);
    caller.close();
  });
}
