import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FileId, ObjectId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { DownloadCookies } from '../cdn/download-cookies.ts';
import { testCursors } from '../changes/test-cursors.ts';
import { fileRoutes } from '../files/file-routes.ts';
import { systemAmbient } from '../run/ambient.ts';
import { type Client, startTestApi, type TestApi } from '../tree/test-api.ts';
import { createObject, fileRow, plantFiles, plantShare } from '../tree/test-people.ts';
import { batchKeys } from '../uploads/object-keys.ts';
import { downloadRoutes } from './download-routes.ts';

const UNTIL = new Date(Date.UTC(2030, 0, 1));
const sign = ({ key }: { key: string }) => ({ url: `signed:${key}`, expiresAt: UNTIL });
/** Shows what was asked for; the real ones have tests of their own. */
const cookies: DownloadCookies = {
  covers: (key) => /\/\d{3}$/.test(key),
  sign: (prefix) => ({ headers: [`all=${prefix}`], expiresAt: UNTIL }),
  urlOf: (key) => `plain:${key}`,
};

let api: TestApi;
let ann: Client;
let bob: Client;
before(async () => {
  api = await startTestApi((db) => (app) => {
    fileRoutes({ db, ambient: systemAmbient, cursors: testCursors })(app);
    downloadRoutes({ db, storage: { downloads: { sign }, cookies } })(app);
  });
  [ann, bob] = await Promise.all([api.person('ann'), api.person('bob')]);
});
after(() => api.close());

let count = 0;

/** Files of Ann's as one call uploads them. */
async function batchOf(files: number) {
  const keyOf = batchKeys(systemAmbient);
  const rows = [];
  for (let n = 0; n < files; n++) {
    const objectId = await createObject(api.db, ann.who, { size: 5 });
    await sql`UPDATE objects SET key = ${keyOf(n)} WHERE id = ${objectId}`.execute(api.db);
    rows.push(fileRow(ann.who, `file ${count++}`, { size: 5, objectId }));
  }
  await plantFiles(api.db, rows);
  return {
    prefix: keyOf(0).slice(0, -3),
    keyOf,
    ids: rows.map(({ id }) => id),
    objects: rows.map(({ objectId }) => objectId as ObjectId),
  };
}

async function urlsOf(who: Client, fileIds: readonly string[], asks: object = { cookies: true }) {
  const answer = await who('POST', '/files/download-urls', { fileIds, ...asks });
  assert.equal(answer.status, 200);
  const set = answer.headers['set-cookie'];
  return {
    set: set === undefined ? [] : [set].flat(),
    urls: answer.body.results.map(({ downloadUrl, needsCookies }) => [downloadUrl, needsCookies]),
  };
}

test('one cookie opens what was uploaded together', async () => {
  const { ids, prefix, keyOf } = await batchOf(3);
  const { set, urls } = await urlsOf(ann, ids.slice(0, 2));
  assert.deepEqual(set, [`all=${prefix}`]);
  assert.deepEqual(urls, [
    [`plain:${keyOf(0)}`, true],
    [`plain:${keyOf(1)}`, true],
  ]);
  for (const asks of [{ cookies: false }, {}]) {
    const links = await urlsOf(ann, ids, asks);
    assert.deepEqual(links.set, []);
    assert.deepEqual(links.urls[0], [`signed:${keyOf(0)}`, undefined]);
  }
});

test('a file alone is signed for, and so is what is strewn over many batches', async () => {
  const batches = [await batchOf(2), await batchOf(3), await batchOf(4), await batchOf(1)];
  const { set, urls } = await urlsOf(
    ann,
    batches.flatMap(({ ids }) => ids),
  );
  assert.deepEqual(set, [`all=${batches[2]?.prefix}`, `all=${batches[1]?.prefix}`]);
  assert.deepEqual(
    urls.map(([, needsCookies]) => needsCookies === true),
    [false, false, true, true, true, true, true, true, true, false],
  );
});

test('keys of other lengths, from before numbers had one, are signed for', async () => {
  const { ids, objects, prefix } = await batchOf(3);
  await sql`UPDATE objects SET key = ${`${prefix}2`} WHERE id = ${objects[2]}`.execute(api.db);
  const { urls } = await urlsOf(ann, ids);
  assert.deepEqual(
    urls.map(([, needsCookies]) => needsCookies === true),
    [true, true, false],
  );
});

test('a reader of all of them is given it, a reader of some is not', async () => {
  const { ids } = await batchOf(3);
  const [one = '', two = '', three = ''] = ids;
  for (const fileId of [one, two]) {
    await plantShare(api.db, { fileId, userId: bob.who.userId, role: 'viewer' });
  }
  assert.deepEqual((await urlsOf(bob, [one, two])).set, []);
  await plantShare(api.db, { fileId: three, userId: bob.who.userId, role: 'viewer' });
  assert.equal((await urlsOf(bob, [one, two])).set.length, 1);
  await sql`DELETE FROM grants WHERE file_id = ${three} AND user_id = ${bob.who.userId}`.execute(
    api.db,
  );
  assert.deepEqual((await urlsOf(bob, [one, two])).set, [], 'from the moment it is revoked');
});

type Batch = Awaited<ReturnType<typeof batchOf>>;
const nobodysBusiness: Record<string, (batch: Batch) => Promise<unknown>> = {
  'lies in the trash': ({ ids }) => ann('DELETE', `/files/${ids[2]}`),
  'was superseded': async ({ ids, objects }) => {
    const newer = await createObject(api.db, ann.who, { size: 6 });
    await sql`UPDATE files SET object_id = ${newer}, version = 2 WHERE id = ${ids[2]}`.execute(
      api.db,
    );
    await sql`
      INSERT INTO file_versions (file_id, version, object_id, ended_at)
      VALUES (${ids[2]}, 1, ${objects[2]}, now())`.execute(api.db);
  },
  'waits to be deleted': async ({ keyOf }) => {
    await sql`
      INSERT INTO store_removals (id, store, object_key, size, not_before)
      VALUES (${systemAmbient.newId()}, 'test', ${keyOf(3)}, 5, now())`.execute(api.db);
  },
  'is named by nothing': async ({ keyOf }) => {
    const orphan = await createObject(api.db, ann.who, { size: 6 });
    await sql`UPDATE objects SET key = ${keyOf(3)} WHERE id = ${orphan}`.execute(api.db);
  },
  'is still being uploaded': async ({ keyOf }) => {
    await sql`
      INSERT INTO uploads (id, file_id, user_id, device_id, parent_id, owner_id, name, name_key,
        size, mime_type, executable, base_mode, store, object_key, part_size, part_count, state,
        progress_at, check_at, expires_at, created_at)
      VALUES (${systemAmbient.newId()}, ${systemAmbient.newId<FileId>()}, ${ann.who.userId},
        ${ann.who.deviceId}, NULL, ${ann.who.userId}, 'x', 'x', 5, 'text/plain', false, 'any',
        'test', ${keyOf(3)}, 5, 1, 'pending', now(), now(), now() + interval '1 day', now())`.execute(
      api.db,
    );
  },
};

for (const [what, happens] of Object.entries(nobodysBusiness)) {
  test(`no cookie reaches what ${what}`, async () => {
    const batch = await batchOf(3);
    assert.equal((await urlsOf(ann, batch.ids)).set.length, 1);
    await happens(batch);
    const { set, urls } = await urlsOf(ann, batch.ids.slice(0, 2));
    assert.deepEqual(set, []);
    assert.deepEqual(urls[0], [`signed:${batch.keyOf(0)}`, undefined]);
  });
}
