import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { sql } from 'kysely';
import { feedRoutes } from '../changes/feed-routes.ts';
import { testCursors } from '../changes/test-cursors.ts';
import { fileRoutes } from '../files/file-routes.ts';
import { systemAmbient } from '../run/ambient.ts';
import { shareRoutes } from '../shares/share-routes.ts';
import { type Client, startTestApi, type TestApi } from '../tree/test-api.ts';
import { fanoutLimits } from './fanout-limits.ts';
import { workFanout } from './work-fanout.ts';

/** What holds while jobs are still to come, and after. Here everything is too much at once. */
const TIGHT = { usersAtOnce: 1, rowsAtOnce: 1, rowsPerBatch: 4, usersPerJob: 2 };
const usual = { ...fanoutLimits };

let api: TestApi;
let ann: Client;
let bob: Client;
let eve: Client;
before(async () => {
  api = await startTestApi((db) => (app) => {
    const deps = { db, ambient: systemAmbient, cursors: testCursors };
    for (const routes of [fileRoutes(deps), shareRoutes(deps), feedRoutes(deps)]) routes(app);
  });
  [ann, bob, eve] = [await api.person('ann'), await api.person('bob'), await api.person('eve')];
  Object.assign(fanoutLimits, TIGHT);
});
after(async () => {
  Object.assign(fanoutLimits, usual);
  await api.close();
});
beforeEach(drain);

async function drain(): Promise<void> {
  while (await workFanout({ db: api.db, ambient: systemAmbient }));
}

async function share(id: string, who: Client, role = 'viewer'): Promise<void> {
  const users = [who.who.userId];
  const answer = await ann('POST', `/files/${id}/share`, { users, role });
  assert.equal(answer.status, 200);
}

async function children(id: string, who: Client): Promise<string[] | number> {
  const answer = await who('GET', `/folders/${id}/children`);
  return answer.status === 200 ? answer.body.items.map((one) => one.name) : answer.status;
}

async function told(who: Client, id: string): Promise<string | null | undefined> {
  const { rows } = await sql<{ role: string | null }>`
    SELECT role FROM access
    WHERE user_id = ${who.who.userId} AND file_id = ${id}`.execute(api.db);
  return rows[0]?.role;
}

async function tree(name: string) {
  const top = await ann.folder(name);
  const mid = await ann.folder('mid', top.id);
  const low = await ann.folder('low', mid.id);
  const leaf = await ann.folder('leaf', low.id);
  return { top: top.id, mid: mid.id, low: low.id, leaf: leaf.id };
}

test('a share gives access before any job came by, and the feed tells of it after', async () => {
  const { top, low, leaf } = await tree('given');
  await share(top, bob);
  assert.deepEqual(await children(low, bob), ['leaf']);
  assert.equal(await told(bob, leaf), undefined);
  await drain();
  assert.equal(await told(bob, leaf), 'viewer');
});

test('a revocation takes it at once, though the rows are still there', async () => {
  const { top, low, leaf } = await tree('taken');
  await share(top, bob);
  await drain();
  await ann('DELETE', `/files/${top}/shares/${bob.who.userId}`);
  assert.equal(await told(bob, leaf), 'viewer', 'the row is');
  assert.equal(await children(low, bob), 404);
  const found = (await bob('GET', '/files/search?q=leaf')).body.items;
  assert.ok(found.every((one) => one.id !== leaf));
  await drain();
  assert.equal(await told(bob, leaf), null);
});

test('what moves out of a share is lost at once, what stays in it is not', async () => {
  const { top, mid, low, leaf } = await tree('from here');
  await ann.folder('stays', top);
  await share(top, bob, 'editor');
  await share(leaf, bob, 'viewer');
  await drain();
  await ann('PATCH', `/files/${mid}`, { parentId: null, name: 'moved out' });
  assert.equal(await told(bob, low), 'editor', 'the row is, by a grant that is still there');
  assert.equal(await children(low, bob), 404);
  assert.deepEqual(await children(top, bob), ['stays']);
  assert.deepEqual(await children(leaf, bob), [], 'by its own share');
  await drain();
  assert.deepEqual([await told(bob, low), await told(bob, leaf)], [null, 'viewer']);
  const { rows } = await sql`SELECT FROM grants WHERE unsettled <> 0`.execute(api.db);
  assert.equal(rows.length, 0);
});

test('who becomes a viewer may change nothing from then on', async () => {
  const { top, leaf } = await tree('lowered');
  await share(top, bob, 'editor');
  await drain();
  await share(top, bob, 'viewer');
  assert.equal(await told(bob, leaf), 'editor', 'the row says');
  assert.equal((await bob('PATCH', `/files/${leaf}`, { name: 'x' })).status, 403);
  await drain();
  assert.equal(await told(bob, leaf), 'viewer');
});

test('what is created, moved and deleted while a job is at work is seen in the end', async () => {
  const { top, mid, low } = await tree('busy');
  await share(top, bob, 'viewer');
  await workFanout({ db: api.db, ambient: systemAmbient });
  const late = await ann.folder('late', low);
  await ann('PATCH', `/files/${low}`, { parentId: top, name: 'moved up' });
  const early = await ann.folder('early', top);
  await ann('DELETE', `/files/${mid}`);
  await drain();
  const roles = [top, low, late.id, early.id].map((id) => told(bob, id));
  assert.deepEqual(await Promise.all(roles), Array(4).fill('viewer'));
  assert.ok(!(await told(bob, mid)));
});

test('a batch that dies midway never was, and another does it', async () => {
  const { top, mid, leaf } = await tree('dying');
  await share(top, bob);
  // As if killed when all rows of the batch are written, but not how far it got.
  await sql`
    CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'killed'; END $$`.execute(api.db);
  await sql`
    CREATE TRIGGER die BEFORE INSERT OR UPDATE OR DELETE ON fanout_items
      FOR EACH STATEMENT EXECUTE FUNCTION die()`.execute(api.db);
  for (let n = 0; n < 3; n++) {
    await assert.rejects(workFanout({ db: api.db, ambient: systemAmbient }), /killed/);
    assert.equal(await told(bob, mid), undefined);
  }
  await sql`DROP TRIGGER die ON fanout_items`.execute(api.db);
  await drain();
  assert.deepEqual([await told(bob, mid), await told(bob, leaf)], ['viewer', 'viewer']);
});

test('many people hear of a change by and by; nobody deletes over what is yet to be told', async () => {
  const file = await ann.folder('crowded');
  const crowd = [bob, eve, ...(await Promise.all(['f', 'g', 'h'].map((one) => api.person(one))))];
  for (const one of crowd) await share(file.id, one, 'editor');
  const link = { name: 'link', parentId: file.id, target: 'x' };
  const { id } = (await ann('POST', '/symlinks', link)).body.file;
  await drain();
  for (const one of crowd) assert.equal(await told(one, id), 'editor');
  const cursors = await Promise.all(
    crowd.map(async (one) => (await one('GET', '/files/changes')).body.cursor),
  );
  await ann('PATCH', `/files/${id}`, { modifiedAt: '2001-02-03T04:05:06.789Z' });
  for (const [n, one] of crowd.entries()) {
    const since = encodeURIComponent(cursors[n] ?? '');
    const refused = await one('DELETE', `/files/${id}?cursor=${since}`);
    assert.deepEqual([refused.status, refused.body.code], [409, 'changed-since']);
  }
  await drain();
  for (const [n, one] of crowd.entries()) {
    const since = encodeURIComponent(cursors[n] ?? '');
    const { changes } = JSON.parse(String((await one('GET', `/files/changes?since=${since}`)).raw));
    assert.deepEqual(
      changes.map((change: { file: { id: string } }) => change.file.id),
      [id],
    );
  }
});
