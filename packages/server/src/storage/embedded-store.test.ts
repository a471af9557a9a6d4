import { after, describe } from 'node:test';
import { objectStoreContract } from './object-store.contract.ts';
import { startTestStore } from './test-store.ts';

describe('the embedded store', async () => {
  const embedded = await startTestStore();
  after(() => embedded.close());
  objectStoreContract(async () => embedded, {
    abilities: {
      pinning: 'sha256-checksum',
      composing: { minimumSource: 1, equalPartsOnly: false },
    },
    completesSomeParts: true,
    answersPreflights: true,
  });
});
