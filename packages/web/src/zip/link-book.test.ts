import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransferDeps } from '@valise/client';
import { AppError } from '@valise/core/errors';
import type { File as StoredFile } from '@valise/core/wire';
import { openLinkBook } from './link-book.ts';

const NOW = Date.UTC(2026, 10, 27);
const { signal } = new AbortController();

/** A server that gives links for five minutes, and none for the files called so. */
function world(refused: readonly string[] = []) {
  const calls: { readonly ids: readonly string[]; readonly cookies: boolean | undefined }[] = [];
  const clock = { now: NOW };
  const urls: TransferDeps['api']['downloads']['urls'] = async (ids, options) => {
    calls.push({ ids, cookies: options?.cookies });
    const downloadUrlExpiresAt = new Date(clock.now + 300_000).toISOString();
    return ids.map((fileId) =>
      refused.includes(fileId)
        ? { error: new AppError('file-not-found') }
        : { fileId, downloadUrl: `https://cdn.test/${fileId}`, downloadUrlExpiresAt },
    );
  };
  const deps = { api: { downloads: { urls } }, ambient: { now: () => clock.now } };
  return { calls, clock, deps: deps as unknown as TransferDeps };
}

function files(count: number, size: number): StoredFile[] {
  return Array.from(
    { length: count },
    (_, n) => ({ id: `f${n}`, kind: 'file', size }) as StoredFile,
  );
}

test('256 small files are one call, asked for with cookies when the first is wanted', async () => {
  const { deps, calls } = world();
  const all = files(300, 4_096);
  const book = openLinkBook(deps, all);
  assert.equal(calls.length, 0);
  const got = await Promise.all(all.slice(0, 256).map((file) => book.linkTo(file, signal)));
  assert.ok(got.every((link, n) => link?.downloadUrl === `https://cdn.test/f${n}`));
  assert.deepEqual(
    calls.map(({ ids, cookies }) => [ids.length, cookies]),
    [[256, true]],
  );
  await book.linkTo(all[256] as StoredFile, signal);
  assert.deepEqual(calls[1]?.ids.length, 44);
});

test('a call asks for no more than is read before its links expire', async () => {
  const { deps, calls } = world();
  const all = files(40, 8_000_000);
  const book = openLinkBook(deps, all);
  for (const file of all) assert.ok(await book.linkTo(file, signal));
  assert.deepEqual(
    calls.map(({ ids }) => ids.length),
    [8, 8, 8, 8, 8],
  );
});

test('large, empty, refused and expired ones have no link here', async () => {
  const { deps, calls, clock } = world(['f1']);
  const [first, second, third] = files(3, 4_096) as [StoredFile, StoredFile, StoredFile];
  const large = { ...first, id: 'large', size: 9_000_000 };
  const empty = { ...first, id: 'empty', size: 0 };
  const book = openLinkBook(deps, [large, empty, first, second, third]);
  assert.equal(await book.linkTo(large, signal), undefined);
  assert.equal(await book.linkTo(empty, signal), undefined);
  assert.equal(calls.length, 0);
  assert.ok(await book.linkTo(first, signal));
  assert.equal(await book.linkTo(second, signal), undefined);
  clock.now += 280_000;
  assert.equal(await book.linkTo(third, signal), undefined);
  assert.equal(calls.length, 1);
});
