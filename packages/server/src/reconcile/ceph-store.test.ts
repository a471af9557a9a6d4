import { after, describe } from 'node:test';
import { startCephStore } from '../storage/test-ceph.ts';
import { reconcileContract } from './reconcile.contract.ts';

const ceph = await startCephStore();
const skip = ceph === null && !process.env.CI ? 'Ceph is not installed' : false;
after(() => ceph?.close());

describe('a real gateway', { skip }, () => {
  reconcileContract('Ceph', () => {
    if (ceph === null) throw new Error('Install ceph-common ceph-mon ceph-osd radosgw.');
    return ceph.storage;
  });
});
