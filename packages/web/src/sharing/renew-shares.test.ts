import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QueryClient } from '@tanstack/react-query';
import { AppError } from '@valise/core/errors';
import type { File, FileDetail } from '@valise/core/wire';

// The page's API client belongs to whoever served the page.
Object.defineProperty(globalThis, 'location', { value: { origin: 'https://valise.test' } });
const { api } = await import('../session/browser-api.ts');
const { folderKey } = await import('../files/folder-query.ts');
const { renewShares } = await import('./renew-shares.ts');

const FILE = { id: 'f', name: 'plan.txt', parentId: null, sharedRoot: false } as File;

function clientWith(items: readonly File[]): QueryClient {
  const client = new QueryClient();
  client.setQueryData(['file', FILE.id], FILE);
  client.setQueryData(folderKey(null), { items, complete: true });
  return client;
}

const shown = (client: QueryClient) =>
  client.getQueryData<{ items: readonly File[] }>(folderKey(null))?.items;

test('after a share the lists say how many the file is shared with', async (t) => {
  const newest = { ...FILE, sharedWith: 1 };
  t.mock.method(api.downloads, 'detail', async () => ({ file: newest }) as FileDetail);
  const client = clientWith([FILE]);
  await renewShares(client, FILE.id);
  assert.deepEqual(shown(client), [newest]);
});

test('a file that is gone meanwhile doesn’t come back into its folder', async (t) => {
  t.mock.method(api.downloads, 'detail', async () => {
    throw new AppError('file-not-found');
  });
  const client = clientWith([]);
  await renewShares(client, FILE.id);
  assert.deepEqual(shown(client), []);
});
