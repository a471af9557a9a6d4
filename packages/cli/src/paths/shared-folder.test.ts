import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SharesApi } from '@valise/client';
import type { SharedFile } from '@valise/core/wire';
import { listShared, SHARED_FOLDER } from './shared-folder.ts';

function share(id: string, name: string, { by = 'Ann', at = 0, kind = 'file' } = {}): SharedFile {
  const sharedBy = { id: by, name: by };
  const sharedAt = new Date(at).toISOString();
  return { ...SHARED_FOLDER, id, name, kind: kind as 'file', sharedBy, sharedAt };
}

/** Newest first, as the server has them. */
async function named(...newestFirst: readonly SharedFile[]): Promise<readonly string[]> {
  const shares = { sharedWithMe: async () => [...newestFirst] } as unknown as SharesApi;
  return (await listShared(shares, {})).map(({ id, name }) => `${id}: ${name}`);
}

test('what was shared has the names that a synced folder has', async () => {
  assert.deepEqual(
    await named(
      share('4', 'PLAN.odt', { at: 4, by: 'Ann/Bea' }),
      share('3', 'Trip.d', { at: 3, kind: 'folder' }),
      share('2', 'plan.odt', { at: 2 }),
      share('1', 'trip.d', { at: 1, kind: 'folder' }),
      share('0', 'plan.odt', { at: 0 }),
    ),
    ['0: plan.odt', '1: trip.d', '2: plan (Ann).odt', '3: Trip.d (Ann)', '4: PLAN (Ann-Bea).odt'],
  );
});

test('of two that were shared at once, the id says which is first', async () => {
  assert.deepEqual(await named(share('a', 'x'), share('b', 'x')), ['a: x', 'b: x (Ann)']);
  assert.deepEqual(await named(share('b', 'x'), share('a', 'x')), ['a: x', 'b: x (Ann)']);
});
