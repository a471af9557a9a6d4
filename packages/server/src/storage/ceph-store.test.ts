import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createStorage } from './create-storage.ts';
import { objectStoreContract } from './object-store.contract.ts';
import { type CephStore, startCephStore } from './test-ceph.ts';

const ceph = await startCephStore();
after(() => ceph?.close());

test('Ceph is here to be tested', { skip: !process.env.CI && 'CI has it' }, () => {
  assert.ok(ceph, 'Install ceph-common ceph-mon ceph-osd radosgw.');
});

describe('Ceph', { skip: ceph === null && 'Ceph is not installed' }, () => {
  let store: CephStore;
  before(() => {
    assert.ok(ceph);
    store = ceph;
  });

  objectStoreContract(async () => store, {
    abilities: {
      pinning: 'content-sha256',
      composing: { minimumSource: 1, equalPartsOnly: false },
    },
    completesSomeParts: false,
  });

  test('a store without encryption is refused when encryption is asked for', async () => {
    await assert.rejects(createStorage({ ...store.settings, sse: 'AES256' }), /S3_SSE|refuses/);
  });
});
