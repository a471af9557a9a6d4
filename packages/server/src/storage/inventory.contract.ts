import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { CONTRACT_TYPE } from './contract-tools.ts';
import type { Storage } from './create-storage.ts';
import { doctorKeys, SELF_TEST_PREFIX } from './probe-keys.ts';
import { PROBE_LIFE_MS, removeOldProbes } from './remove-old-probes.ts';
import type { InventoryUpload } from './store-inventory.ts';

/** What every store must tell of all that it holds. */
export function inventoryContract(storage: () => Storage): void {
  test('the inventory tells all objects in order, and all unfinished uploads', async () => {
    const { store, inventory } = storage();
    const prefix = `v1/inventory/${randomUUID()}/`;
    const keys = Array.from({ length: 1_005 }, (_, n) => `${prefix}${n}`);
    const queue = keys.values();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const key of queue) await store.createEmpty(key);
      }),
    );
    const begun = await Promise.all(
      ['a', 'a', 'b'].map(async (name) => ({
        key: `${prefix}${name}`,
        storeUploadId: await store.createMultipart(`${prefix}${name}`, { mimeType: CONTRACT_TYPE }),
      })),
    );
    const listed: string[] = [];
    for await (const page of inventory.objects(prefix)) {
      for (const { key, size, modifiedAt } of page) {
        listed.push(key);
        assert.equal(size, 0);
        assert.ok(Math.abs(Date.now() - modifiedAt.getTime()) < 600_000);
      }
    }
    assert.deepEqual(listed, keys.toSorted());
    const uploads: InventoryUpload[] = [];
    for await (const page of inventory.uploads(prefix)) uploads.push(...page);
    assert.deepEqual(
      uploads.map(({ key, storeUploadId }) => `${key} ${storeUploadId}`).sort(),
      begun.map(({ key, storeUploadId }) => `${key} ${storeUploadId}`).sort(),
    );
    for (const { begunAt } of uploads) {
      assert.ok(Math.abs(Date.now() - begunAt.getTime()) < 600_000);
    }
    await store.remove(keys);
    for (const { key, storeUploadId } of begun) await store.abortMultipart(key, storeUploadId);
  });

  test('what killed self-tests and doctors left goes an hour later, and nothing else', async () => {
    const { store, inventory } = storage();
    const probes = [`${SELF_TEST_PREFIX}${randomUUID()}/small`, doctorKeys()(3)];
    const content = `v1/d0c/${randomUUID()}/0`;
    for (const key of [...probes, content]) await store.createEmpty(key);
    const target = `${SELF_TEST_PREFIX}${randomUUID()}/target`;
    await store.createMultipart(target, { mimeType: CONTRACT_TYPE });
    const there = async () => {
      const heads = await Promise.all([...probes, content].map((key) => store.head(key)));
      return [heads.filter((head) => head !== null).length, await store.listMultiparts(target)];
    };
    await removeOldProbes(store, inventory, new Date());
    const [objects, [begun]] = (await there()) as [number, string[]];
    assert.deepEqual([objects, begun !== undefined], [3, true]);
    await removeOldProbes(store, inventory, new Date(Date.now() + 2 * PROBE_LIFE_MS));
    assert.deepEqual(await there(), [1, []]);
    await store.remove([content]);
  });
}
