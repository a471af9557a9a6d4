import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { File } from '@valise/core/wire';
import { fileRoutes } from '../files/file-routes.ts';
import type { TestUser } from '../http/test-app.ts';
import { shareRoutes } from '../shares/share-routes.ts';
import {
  type Begun,
  begin,
  call,
  complete,
  createUploadRig,
  describeContent,
  downloaded,
  makeFolder,
  namesIn,
  putPart,
  randomContent,
  sendOnly,
  type UploadRig,
  uploadAll,
} from './test-uploads.ts';

let rig: UploadRig;
/** Another server on the same database and store. */
let other: UploadRig;
let ann: TestUser;
let bob: TestUser;

before(async () => {
  const more = [fileRoutes, shareRoutes];
  rig = await createUploadRig({ more });
  other = await createUploadRig({ beside: rig, more });
  ann = await rig.test.signUp('Ann');
  bob = await rig.test.signUp('Bob');
});
after(async () => {
  await other.close();
  await rig.close();
});

const folder = (name: string, parentId: string | null = null) =>
  makeFolder(rig, ann, { name, parentId });
const names = (parentId: string) => namesIn(rig, ann, parentId);
const sent = (user: TestUser, body: object) => sendOnly(rig, user, { ...body });

async function share(fileId: string, role: 'viewer' | 'editor', user = bob): Promise<void> {
  const body = { users: [user.email], role };
  assert.equal((await call(rig, ann, `POST /files/${fileId}/share`, { body })).status, 200);
}

async function unshare(fileId: string): Promise<void> {
  const path = `DELETE /files/${fileId}/shares/${bob.session.user.id}` as const;
  assert.equal((await call(rig, ann, path)).status, 204);
}

/** A file of Ann's, alone in a folder, that Bob sees by itself. */
async function lone(role: 'viewer' | 'editor' = 'editor') {
  const parentId = await folder(rig.deps.ambient.newId());
  const file = await uploadAll(rig, ann, {
    name: 'plan.txt',
    parentId,
    content: randomContent(9),
  });
  await share(file.id, role);
  return { file, parentId };
}

async function refused(user: TestUser, body: object): Promise<unknown[]> {
  const { status, body: problem } = await begin(rig, user, { size: 3, ...body });
  return [status, problem.code];
}

test('an editor of a file that is shared by itself gives it its next version', async () => {
  const { file, parentId } = await lone();
  const edit = await sent(bob, { fileId: file.id, baseVersion: 1 });
  assert.deepEqual([edit.upload.fileId, edit.file.parentId], [file.id, null]);
  const done = await complete(rig, bob, edit.upload);
  assert.equal(done.status, 200, JSON.stringify(done.body));
  const { id, version, role, sharedRoot } = done.body.file;
  assert.deepEqual([id, version, role, sharedRoot], [file.id, 2, 'editor', true]);
  assert.ok((await downloaded(rig, file.id)).equals(edit.content));
  assert.deepEqual(await names(parentId), ['plan.txt']);
});

test('name and parentId are not read, and are needed without fileId alone', async () => {
  const { file, parentId } = await lone();
  const elsewhere = await folder('elsewhere');
  const edit = await uploadAll(rig, ann, {
    fileId: file.id,
    name: '../no name',
    parentId: elsewhere,
    content: randomContent(4),
  });
  assert.deepEqual([edit.id, edit.name, edit.parentId], [file.id, 'plan.txt', parentId]);
  const { status, body } = await begin(rig, ann, { size: 3 });
  assert.deepEqual([status, body.code, body.field], [400, 'malformed-request', 'name']);
});

test('what the author had not seen stays beside the file, in its owner’s folder', async () => {
  const { file, parentId } = await lone();
  await uploadAll(rig, ann, { fileId: file.id, baseVersion: 1, content: randomContent(5) });
  const late = await uploadAll(rig, bob, {
    fileId: file.id,
    baseVersion: 1,
    content: randomContent(6),
  });
  assert.equal(late.version, 3);
  const day = new Date().toISOString().slice(0, 10);
  assert.deepEqual(await names(parentId), [`plan (conflicted copy, Ann, ${day}).txt`, 'plan.txt']);
});

test('who may not change it is told no more than they may know', async () => {
  const { file, parentId } = await lone('viewer');
  assert.deepEqual(await refused(bob, { fileId: file.id }), [403, 'forbidden']);
  const eve = await rig.test.signUp('Eve');
  const stranger = await begin(rig, eve, { fileId: file.id, size: 3 });
  const nothing = await begin(rig, eve, { fileId: rig.deps.ambient.newId(), size: 3 });
  assert.deepEqual([stranger.status, stranger.body.code], [404, 'file-not-found']);
  const strip = ({ body: { requestId: _, detail: __, instance: ___, ...rest } }: typeof stranger) =>
    rest;
  assert.deepEqual(strip(stranger), strip(nothing));
  await call(rig, ann, `DELETE /files/${file.id}`);
  assert.deepEqual(await refused(bob, { fileId: file.id }), [404, 'file-not-found']);
  assert.deepEqual(await refused(eve, { fileId: file.id }), [404, 'file-not-found']);
  await call(rig, ann, `DELETE /files/trash/${file.id}`);
  assert.deepEqual(await refused(eve, { fileId: file.id }), [404, 'file-not-found']);
  assert.deepEqual(await refused(ann, { fileId: file.id }), [410, 'target-gone']);
  assert.deepEqual(await refused(bob, { fileId: file.id }), [410, 'target-gone']);
  assert.deepEqual(await names(parentId), []);
});

test('what has no content can’t get any', async () => {
  const fileId = await folder('no file');
  assert.deepEqual(await refused(ann, { fileId }), [422, 'invalid-value']);
  const body = { name: 'link', parentId: null, target: 'x' };
  const link = await call<{ file: File }>(rig, ann, 'POST /symlinks', { body });
  assert.deepEqual(await refused(ann, { fileId: link.body.file.id }), [422, 'invalid-value']);
  const begun = await begin(rig, ann, { name: 'unconfirmed', size: 3 });
  assert.deepEqual(await refused(ann, { fileId: begun.body.file.id }), [409, 'not-uploaded']);
});

test('a file that is renamed and moved while its next version travels takes it along', async () => {
  const { file, parentId } = await lone();
  const edit = await sent(bob, { fileId: file.id, baseVersion: 1 });
  const away = await folder('away');
  const move = { body: { name: 'other.txt', parentId: away } };
  assert.equal((await call(other, ann, `PATCH /files/${file.id}`, move)).status, 200);
  const at = { name: 'plan.txt', parentId };
  const successor = await uploadAll(rig, ann, { ...at, content: randomContent(3) });
  const done = await complete(rig, bob, edit.upload);
  assert.deepEqual([done.status, done.body.file.id], [200, file.id]);
  assert.deepEqual([done.body.file.name, done.body.file.version], ['other.txt', 2]);
  assert.deepEqual([await names(parentId), await names(away)], [['plan.txt'], ['other.txt']]);
  assert.equal((await downloaded(rig, successor.id)).length, 3);
});

test('one that goes to the trash meanwhile is restored, with its folders; for good is for good', async () => {
  const top = await folder('trashed top');
  const inner = await folder('inner', top);
  await folder('sibling', top);
  const at = { name: 'plan.txt', parentId: inner, content: randomContent(5) };
  const file = await uploadAll(rig, ann, at);
  await share(file.id, 'editor');
  const edit = await sent(bob, { fileId: file.id, baseVersion: 1 });
  assert.equal((await call(rig, ann, `DELETE /files/${top}`)).status, 204);
  const where = `GET /files/${file.id}/upload?uploadId=${edit.upload.id}` as const;
  assert.equal((await call(rig, bob, where)).status, 200);
  const done = await complete(rig, bob, edit.upload);
  assert.deepEqual([done.status, done.body.file?.version], [200, 2], JSON.stringify(done.body));
  assert.deepEqual([await names(top), await names(inner)], [['inner'], ['plan.txt']]);
  const late = await sent(bob, { fileId: file.id, baseVersion: 2 });
  await call(rig, ann, `DELETE /files/${file.id}`);
  await call(rig, ann, `DELETE /files/trash/${file.id}`);
  const gone = await complete(rig, bob, late.upload);
  assert.deepEqual([gone.status, gone.body.code], [410, 'target-gone']);
});

test('an edit of what lies in the trash brings it back, with nothing to send or something', async () => {
  const { file, parentId } = await lone();
  const content = randomContent(30);
  const described = describeContent(content);
  await uploadAll(rig, bob, { name: 'own copy', content, ...described });
  for (const [version, part] of [
    [2, { content, ...described }],
    [3, { content: randomContent(7) }],
  ] as const) {
    await call(rig, ann, `DELETE /files/${file.id}`);
    const edit = await uploadAll(rig, bob, {
      fileId: file.id,
      baseVersion: version - 1,
      ...part,
    });
    assert.deepEqual([edit.id, edit.version], [file.id, version]);
    assert.deepEqual(await names(parentId), ['plan.txt']);
  }
});

test('a role that ends in mid-upload ends the upload', async () => {
  for (const end of [unshare, (fileId: string) => share(fileId, 'viewer')]) {
    const { file } = await lone();
    const edit = await sent(bob, { fileId: file.id });
    await end(file.id);
    const done = await complete(rig, bob, edit.upload);
    assert.deepEqual([done.status, done.body.code], [403, 'forbidden']);
  }
});

test('asking again resumes it, whatever the file is called by then', async () => {
  const { file } = await lone();
  const content = randomContent(20);
  const request = { fileId: file.id, size: 20, ...describeContent(content) };
  const begun = (await begin(rig, bob, request)).body;
  await putPart(begun.upload.parts[0], content);
  await call(rig, ann, `PATCH /files/${file.id}`, { body: { name: 'renamed.txt' } });
  const resumed = (await begin(other, bob, { ...request, baseVersion: 1 })).body;
  assert.equal(resumed.upload.id, begun.upload.id);
  assert.equal(resumed.upload.parts[0]?.status, 'uploaded');
  const different = (await begin(rig, bob, { fileId: file.id, size: 21 })).body;
  assert.notEqual(different.upload.id, begun.upload.id);
  const anns = (await begin(rig, ann, request)).body;
  assert.notEqual(anns.upload.id, begun.upload.id);
  assert.equal((await complete(rig, bob, begun.upload)).body.file.version, 2);
});

test('a repeat under one id answers the same; another file under it is refused', async () => {
  const { file } = await lone();
  const { file: second } = await lone();
  const content = randomContent(20);
  const id = rig.deps.ambient.newId();
  const request = { id, fileId: file.id, size: 20, ...describeContent(content) };
  const done = await uploadAll(rig, bob, { ...request, content });
  assert.deepEqual([done.id, done.version], [file.id, 2]);
  const again = await begin(rig, bob, request);
  assert.deepEqual([again.status, again.body.file], [200, done]);
  assert.deepEqual(await refused(bob, { ...request, fileId: second.id }), [409, 'id-taken']);
});

test('chunk edits are read against a version of that file', async () => {
  const { file } = await lone();
  const first = randomContent(40);
  await uploadAll(rig, ann, { fileId: file.id, content: first, ...describeContent(first) });
  const content = randomContent(41);
  const { chunks, fingerprint } = describeContent(content);
  const edits = { chunkEdits: [{ at: 0, remove: 1, insert: chunks }], fingerprint };
  const edited = { fileId: file.id, baseVersion: 2, ...edits };
  const done = await uploadAll(rig, bob, { ...edited, content });
  assert.deepEqual([done.version, done.fingerprint], [3, fingerprint]);
  const unknown = { ...edited, size: 41, baseVersion: 1 };
  assert.deepEqual(await refused(bob, unknown), [404, 'version-unknown']);
  await unshare(file.id);
  assert.deepEqual(await refused(bob, { ...unknown, baseVersion: 3 }), [404, 'file-not-found']);
});

test('a batch takes files by id and by name, each with its own outcome', async () => {
  const { file } = await lone();
  const mimeType = 'text/plain';
  const files = [
    { fileId: file.id, size: 3, mimeType },
    { fileId: rig.deps.ambient.newId(), size: 3, mimeType },
    { name: 'beside', size: 3, mimeType },
    { size: 3, mimeType },
    { fileId: 'nonsense', size: 3, mimeType },
  ];
  const answer = await call<{ results: (Partial<Begun> & { error?: { code: string } })[] }>(
    rig,
    bob,
    'POST /files/presigned-urls',
    { body: { files } },
  );
  assert.deepEqual(
    answer.body.results.map((one) => one.error?.code ?? one.file?.status),
    ['uploaded', 'file-not-found', 'uploading', 'malformed-request', 'malformed-request'],
  );
  assert.equal(answer.body.results[0]?.upload?.fileId, file.id);
});

test('two servers that commit to one file at once: both are versions, none is lost', async () => {
  const { file, parentId } = await lone();
  const edits = await Promise.all(
    [11, 12, 13, 14].map((size) =>
      sent(bob, { fileId: file.id, baseVersion: 1, content: randomContent(size) }),
    ),
  );
  const done = await Promise.all(
    edits.map((edit, n) => complete(n % 2 === 0 ? rig : other, bob, edit.upload)),
  );
  assert.deepEqual(done.map(({ body }) => body.file.version).sort(), [2, 3, 4, 5]);
  // What each overrode unseen is a copy; the first overrode what it had seen.
  assert.equal((await names(parentId)).length, 4);
});

test('single calls that name one file at once don’t get in each other’s way', async () => {
  const { file } = await lone();
  const begun = await Promise.all(
    [1, 2, 3, 4, 5].map((size) => begin(rig, bob, { fileId: file.id, size: size + 50 })),
  );
  assert.deepEqual(
    begun.map(({ status }) => status),
    [201, 201, 201, 201, 201],
  );
  assert.equal(new Set(begun.map(({ body }) => body.upload.id)).size, 5);
});
