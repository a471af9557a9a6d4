import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileRoutes } from '../files/file-routes.ts';
import type { TestUser } from '../http/test-app.ts';
import {
  begin,
  call,
  complete,
  createUploadRig,
  describeContent,
  downloaded,
  makeFolder,
  namesIn,
  randomContent,
  sendOnly,
  type UploadRig,
  uploadAll,
} from './test-uploads.ts';

let rig: UploadRig;
let ann: TestUser;

before(async () => {
  rig = await createUploadRig({ more: [fileRoutes] });
  ann = await rig.test.signUp('Ann');
});
after(() => rig.close());

const folder = (name: string, parentId: string | null = null) =>
  makeFolder(rig, ann, { name, parentId });
const names = (parentId: string) => namesIn(rig, ann, parentId);
const sent = (body: object) => sendOnly(rig, ann, { ...body });

test('an upload onto a name is its next version, and the old content stays until then', async () => {
  const content = randomContent(30);
  const first = await uploadAll(rig, ann, { name: 'next.txt', content });
  const second = await sent({ name: 'NEXT.txt' });
  assert.equal(second.file.id, first.id);
  assert.ok((await downloaded(rig, first.id)).equals(content));
  const done = await complete(rig, ann, second.upload);
  assert.deepEqual([done.body.file.version, done.body.file.id], [2, first.id]);
  assert.ok((await downloaded(rig, first.id)).equals(second.content));
});

test('what the author had not seen is kept as a conflicted copy, numbered by need', async () => {
  const parentId = await folder('conflicts');
  const at = { name: 'report.odt', parentId };
  const first = await uploadAll(rig, ann, { ...at, content: randomContent(10) });
  const day = new Date().toISOString().slice(0, 10);
  for (const [baseVersion, version] of [
    [1, 2],
    [1, 3],
    [null, 4],
    [4, 5],
    [undefined, 6],
  ] as const) {
    const base = baseVersion === undefined ? {} : { baseVersion };
    const next = await uploadAll(rig, ann, { ...at, ...base, content: randomContent(11) });
    assert.deepEqual([next.id, next.version], [first.id, version]);
  }
  assert.deepEqual(await names(parentId), [
    `report (conflicted copy, Ann’s device, ${day}) 2.odt`,
    `report (conflicted copy, Ann’s device, ${day}).odt`,
    'report.odt',
  ]);
});

test('equal content is never a conflict, and a repeat is no news', async () => {
  const parentId = await folder('equal');
  const content = randomContent(40);
  const described = describeContent(content);
  const at = { name: 'same.bin', parentId, modifiedAt: '2026-01-01T00:00:00.000Z', ...described };
  const first = await uploadAll(rig, ann, { ...at, content });
  const again = await uploadAll(rig, ann, { ...at, content, baseVersion: null });
  assert.deepEqual(again, first);
  const touched = await uploadAll(rig, ann, { ...at, content, executable: true, baseVersion: 7 });
  assert.deepEqual([touched.version, touched.executable], [1, true]);
  assert.deepEqual(await names(parentId), ['same.bin']);
});

test('two that race for one new name: the second is the next version of the first', async () => {
  const parentId = await folder('race');
  const uploads = await Promise.all(
    [1, 2, 3, 4, 5].map((size) =>
      sent({ name: 'race.bin', parentId, baseVersion: null, content: randomContent(size) }),
    ),
  );
  const done = await Promise.all(uploads.map((one) => complete(rig, ann, one.upload)));
  assert.deepEqual(
    done.map((answer) => answer.status),
    [200, 200, 200, 200, 200],
  );
  assert.equal(new Set(done.map((answer) => answer.body.file.id)).size, 1);
  assert.deepEqual(done.map((answer) => answer.body.file.version).sort(), [1, 2, 3, 4, 5]);
  assert.equal((await names(parentId)).length, 5);
});

test('a folder that takes the name, before or meanwhile, refuses the upload', async () => {
  const parentId = await folder('folders');
  const upload = await sent({ name: 'thing', parentId });
  await folder('Thing', parentId);
  const late = await complete(rig, ann, upload.upload);
  assert.deepEqual([late.status, late.body.code], [409, 'name-taken']);
  const early = await begin(rig, ann, { name: 'thing', parentId, size: 1 });
  assert.deepEqual([early.status, early.body.code], [409, 'name-taken']);
});

test('a parent trashed meanwhile comes back with its ancestors and nothing else', async () => {
  const top = await folder('top');
  const inner = await folder('inner', top);
  await folder('sibling', top);
  const upload = await sent({ name: 'saved.txt', parentId: inner });
  assert.equal((await call(rig, ann, `DELETE /files/${top}`)).status, 204);
  const done = await complete(rig, ann, upload.upload);
  assert.equal(done.status, 200, JSON.stringify(done.body));
  assert.deepEqual(await names(top), ['inner']);
  assert.deepEqual(await names(inner), ['saved.txt']);
});

test('a parent moved meanwhile takes the upload along', async () => {
  const parentId = await folder('moving');
  const upload = await sent({ name: 'moved.txt', parentId });
  const target = await folder('destination');
  await call(rig, ann, `PATCH /files/${parentId}`, { body: { parentId: target } });
  const done = await complete(rig, ann, upload.upload);
  assert.deepEqual([done.status, done.body.file.parentId], [200, parentId]);
});

test('a target in the trash is restored; one removed for good is gone', async () => {
  const parentId = await folder('targets');
  const at = { name: 'target.txt', parentId };
  const file = await uploadAll(rig, ann, { ...at, content: randomContent(5) });
  const edit = await sent({ ...at, baseVersion: 1 });
  await call(rig, ann, `DELETE /files/${file.id}`);
  const done = await complete(rig, ann, edit.upload);
  assert.deepEqual([done.status, done.body.file.id, done.body.file.version], [200, file.id, 2]);
  assert.deepEqual(await names(parentId), ['target.txt']);
  const late = await sent({ ...at, baseVersion: 2 });
  await call(rig, ann, `DELETE /files/${file.id}`);
  assert.equal((await call(rig, ann, `DELETE /files/trash/${file.id}`)).status, 204);
  const gone = await complete(rig, ann, late.upload);
  assert.deepEqual([gone.status, gone.body.code], [410, 'target-gone']);
});

test('NFC and NFD spellings are one name', async () => {
  const parentId = await folder('twins');
  const nfc = 'café.txt'.normalize('NFC');
  const first = await uploadAll(rig, ann, { name: nfc, parentId, content: randomContent(3) });
  const twin = nfc.normalize('NFD');
  const second = await uploadAll(rig, ann, { name: twin, parentId, content: randomContent(3) });
  assert.deepEqual([second.id, second.name, second.version], [first.id, nfc, 2]);
});
