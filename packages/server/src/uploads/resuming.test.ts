import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { DeviceId, UserId } from '@valise/core/ids';
import type { File } from '@valise/core/wire';
import { fileRoutes } from '../files/file-routes.ts';
import type { TestUser } from '../http/test-app.ts';
import { finishCreation } from './finish-creation.ts';
import { parseNewUpload } from './new-upload.ts';
import {
  begin,
  call,
  complete,
  createUploadRig,
  describeContent,
  putPart,
  randomContent,
  type UploadRig,
  uploadAll,
} from './test-uploads.ts';
import { findUploads } from './upload-store.ts';

let rig: UploadRig;
let ann: TestUser;

before(async () => {
  rig = await createUploadRig({ more: [fileRoutes] });
  ann = await rig.test.signUp('Ann');
});
after(() => rig.close());

/** A file, and an edit of it that waits for its bytes. */
async function beginEdit(name: string) {
  const file = await uploadAll(rig, ann, { name, content: randomContent(5) });
  const content = randomContent(20);
  const request = { name, size: 20, ...describeContent(content) };
  const edit = (await begin(rig, ann, request)).body;
  assert.equal(edit.upload.fileId, file.id);
  return { file, edit, content, request };
}

test('an upload whose file was removed for good is not resumed: a new file begins', async () => {
  const { file, edit, request } = await beginEdit('purged.txt');
  await call(rig, ann, `DELETE /files/${file.id}`);
  await call(rig, ann, `DELETE /files/trash/${file.id}`);
  const anew = await begin(rig, ann, request);
  assert.equal(anew.status, 201, JSON.stringify(anew.body));
  assert.notEqual(anew.body.upload.id, edit.upload.id);
  assert.equal(anew.body.file.status, 'uploading');
});

test('an upload whose file has another name now is not resumed under the old one', async () => {
  const { file, edit, request } = await beginEdit('renamed.txt');
  await call(rig, ann, `PATCH /files/${file.id}`, { body: { name: 'other.txt' } });
  const anew = await begin(rig, ann, request);
  assert.notEqual(anew.body.upload.id, edit.upload.id);
  assert.notEqual(anew.body.file.id, file.id);
});

test('an upload whose file is in the trash is resumed, unless another has its name', async () => {
  const { file, edit, request } = await beginEdit('trashed.txt');
  await call(rig, ann, `DELETE /files/${file.id}`);
  const resumed = await begin(rig, ann, request);
  assert.equal(resumed.body.upload.id, edit.upload.id);
  const next = await uploadAll(rig, ann, { name: 'trashed.txt', content: randomContent(6) });
  const anew = await begin(rig, ann, request);
  assert.deepEqual([anew.body.file.id, anew.status], [next.id, 201]);
});

test('who resumes what is completed in that moment has nothing left to send', async () => {
  const { edit, content, request } = await beginEdit('completed.txt');
  const row = (await findUploads(rig.deps.db, [edit.upload.id as never]))[0];
  assert.ok(row);
  await putPart(edit.upload.parts[0], content);
  assert.equal((await complete(rig, ann, edit.upload)).status, 200);
  const { user, device } = ann.session;
  const caller = { userId: user.id as UserId, deviceId: device.id as DeviceId };
  const body = { mimeType: 'text/plain', ...request, chunks: undefined };
  const { chunks: _, ...rest } = body;
  const pending = { kind: 'pending', row, request: parseNewUpload(rest) } as const;
  const [answer] = await finishCreation(rig.deps, caller, [
    { ...pending, resumed: true, file: null },
  ]);
  assert.ok(answer !== undefined && 'file' in answer, String(answer));
  assert.deepEqual([answer.upload, answer.file.version], [null, 2]);
});

test('a repeated edit of chunks is answered though its base is long gone', async () => {
  const content = randomContent(30);
  const first = await uploadAll(rig, ann, {
    name: 'edited.bin',
    content,
    ...describeContent(content),
  });
  const next = randomContent(31);
  const { chunks, fingerprint } = describeContent(next);
  const request = {
    id: rig.deps.ambient.newId(),
    name: 'edited.bin',
    size: 31,
    fingerprint,
    baseVersion: 1,
    chunkEdits: [{ at: 0, remove: 1, insert: chunks }],
  };
  const done = await uploadAll(rig, ann, { ...request, content: next });
  assert.deepEqual([done.id, done.version], [first.id, 2]);
  await rig.deps.db.deleteFrom('file_versions').execute();
  const again = await begin(rig, ann, request);
  assert.deepEqual([again.status, again.body.upload, again.body.file], [200, null, done]);
});

test('what came to a name after the upload began is kept, whatever its version’s number', async () => {
  const at = { name: 'late.txt', size: 8, baseVersion: 1 };
  const begun = (await begin(rig, ann, at)).body;
  const there = await uploadAll(rig, ann, { name: 'late.txt', content: randomContent(9) });
  assert.equal(there.version, 1);
  await putPart(begun.upload.parts[0], randomContent(8));
  const done = await complete(rig, ann, begun.upload);
  assert.deepEqual([done.body.file.id, done.body.file.version], [there.id, 2]);
  const { items } = (
    await call<{ items: File[] }>(rig, ann, 'GET /folders/root/children?limit=1000')
  ).body;
  assert.ok(items.some((file) => file.name.startsWith('late (conflicted copy,')));
});
