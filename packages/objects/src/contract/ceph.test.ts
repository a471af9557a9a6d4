import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { CEPH_16 } from './known-differences.ts';
import { s3Contract } from './s3.contract.ts';
import { startCeph } from './test-ceph.ts';

const ceph = await startCeph();
after(() => ceph?.close());

test('Ceph is here to be tested', { skip: !process.env.CI && 'CI has it' }, () => {
  assert.ok(ceph, 'Install ceph-common ceph-mon ceph-osd radosgw.');
});

describe('Ceph 16', { skip: ceph === null && 'Ceph is not installed' }, () => {
  s3Contract(() => {
    assert.ok(ceph);
    return ceph.access;
  }, CEPH_16);
});
