import { after, before, describe } from 'node:test';
import { startTestStore, type TestStore } from '../test-store.ts';
import { NO_DIFFERENCES } from './known-differences.ts';
import { s3Contract } from './s3.contract.ts';

describe('the embedded store', () => {
  let store: TestStore;
  before(async () => {
    store = await startTestStore();
  });
  after(() => store.close());

  s3Contract(() => store.credentials, NO_DIFFERENCES);
});
