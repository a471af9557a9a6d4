import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QueryClient } from '@tanstack/react-query';
import type { File } from '@valise/core/wire';

// The page's API client belongs to whoever served the page.
Object.defineProperty(globalThis, 'location', { value: { origin: 'https://valise.test' } });
const { api } = await import('../session/browser-api.ts');
const { createFileActions } = await import('./file-actions.ts');

const FILE = { id: 'f', name: 'plan.txt', parentId: null, sharedRoot: false } as File;

const LISTS = [
  ['shared', 'by-me'],
  ['search', 'plan'],
];

test('what is renamed, moved or deleted is asked for again where it is listed as shared or found', async (t) => {
  t.mock.method(api.files, 'update', async () => FILE);
  t.mock.method(api.files, 'remove', async () => undefined);
  const toasts: { readonly action?: { run(): void } }[] = [];
  const client = new QueryClient();
  const toast = (shown: (typeof toasts)[number]) => void toasts.push(shown);
  const actions = createFileActions({ client, toast });
  const isStaleAfter = async (work: () => Promise<void>) => {
    for (const key of LISTS) client.setQueryData(key, [FILE]);
    await work();
    await new Promise(setImmediate);
    return LISTS.every((key) => client.getQueryState(key)?.isInvalidated);
  };
  assert.equal(await isStaleAfter(() => actions.rename(FILE, 'plan 2.txt')), true, 'renamed');
  const target = { id: 'folder', name: 'folder' };
  assert.equal(await isStaleAfter(() => actions.move([FILE], target)), true, 'moved');
  const undo = async () => toasts.at(-1)?.action?.run();
  assert.equal(await isStaleAfter(undo), true, 'moved back');
  assert.equal(await isStaleAfter(() => actions.remove([FILE])), true, 'deleted');
});
