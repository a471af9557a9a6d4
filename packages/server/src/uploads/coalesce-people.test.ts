import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { DeviceId, FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import { fileRoutes } from '../files/file-routes.ts';
import type { TestUser } from '../http/test-app.ts';
import { plantShare } from '../tree/test-people.ts';
import { lockTrees } from '../tree/tree-locks.ts';
import {
  begin,
  call,
  createUploadRig,
  describeContent,
  makeFolder,
  randomContent,
  type UploadRig,
  uploadAll,
} from './test-uploads.ts';

let rig: UploadRig;
let people: readonly TestUser[];

before(async () => {
  rig = await createUploadRig({ more: [fileRoutes] });
  people = await Promise.all(Array.from({ length: 8 }, (_, n) => rig.test.signUp(`Person ${n}`)));
});
after(() => rig.close());

function person(n: number): TestUser {
  const found = people[n];
  if (found === undefined) throw new Error(`There is no person ${n}.`);
  return found;
}

function idOf({ session }: TestUser): UserId {
  return session.user.id as UserId;
}

const folder = (user: TestUser, name: string) => makeFolder(rig, user, { name });

test('many people at once: each gets their own, with all that belongs to it', async () => {
  const folders = await Promise.all(people.map((user) => folder(user, 'mine')));
  const wanted = Array.from({ length: 80 }, (_, n) => {
    const content = randomContent(20);
    const who = n % people.length;
    const parentId = n % 3 === 0 ? null : (folders[who] ?? null);
    const id = n % 2 === 0 ? {} : { id: rig.deps.ambient.newId<FileId>() };
    return {
      who,
      body: { name: `file ${n}`, size: 20, parentId, ...id, ...describeContent(content) },
    };
  });
  const begun = await Promise.all(wanted.map(({ who, body }) => begin(rig, person(who), body)));
  for (const [n, { status, body }] of begun.entries()) {
    const { who, body: asked } = wanted[n] ?? assert.fail();
    assert.equal(status, 201, JSON.stringify(body));
    const { name, parentId, ownerId, createdBy, role } = body.file;
    const user = idOf(person(who));
    assert.deepEqual(
      [name, parentId, ownerId, createdBy, role],
      [asked.name, asked.parentId, user, user, 'owner'],
    );
    if ('id' in asked) assert.equal(body.file.id, asked.id);
    assert.ok(body.upload.parts[0]?.request !== undefined);
  }
  // The database's now() is the transaction's: so few took part in making eighty.
  const { rows } = await sql`SELECT DISTINCT created_at FROM uploads`.execute(rig.deps.db);
  assert.ok(rows.length < wanted.length / 4, `${rows.length} transactions`);
  const again = await Promise.all(wanted.map(({ who, body }) => begin(rig, person(who), body)));
  assert.deepEqual(
    again.map(({ body }) => body.upload.id),
    begun.map(({ body }) => body.upload.id),
  );
});

test('what is not plain is decided on its own, among the others', async () => {
  const [ann, bob] = [person(0), person(1)];
  const [annFolder, shared] = await Promise.all([folder(ann, 'taken'), folder(ann, 'shared')]);
  const content = randomContent(12);
  const known = { size: 12, ...describeContent(content) };
  const file = await uploadAll(rig, ann, { name: 'known', content, ...describeContent(content) });
  await plantShare(rig.deps.db, { fileId: shared, userId: idOf(bob), role: 'editor' });
  const usedId = rig.deps.ambient.newId<FileId>();
  await begin(rig, ann, { name: 'has id', size: 3, id: usedId });
  const asked: readonly (readonly [TestUser, object])[] = [
    [ann, { name: 'plain 1', size: 3 }],
    [bob, { name: 'plain 2', size: 3 }],
    [ann, { name: 'TAKEN', size: 3 }],
    [bob, { name: 'not theirs', size: 3, parentId: annFolder }],
    [ann, { name: 'instant', ...known }],
    [bob, { name: 'not instant', ...known }],
    [ann, { name: 'known', size: 4 }],
    [bob, { name: 'used', size: 3, id: usedId }],
    [ann, { name: 'in a file', size: 3, parentId: file.id }],
    [bob, { name: 'guest', size: 3, parentId: shared }],
    [ann, { name: 'empty', size: 0 }],
    [bob, { name: 'plain 3', size: 3 }],
  ];
  const answers = await Promise.all(asked.map(([user, body]) => begin(rig, user, body)));
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body.code ?? body.file.status]),
    [
      [201, 'uploading'],
      [201, 'uploading'],
      [409, 'name-taken'],
      [404, 'file-not-found'],
      [200, 'uploaded'],
      [201, 'uploading'],
      [201, 'uploaded'],
      [409, 'id-taken'],
      [422, 'not-a-folder'],
      [201, 'uploading'],
      [200, 'uploaded'],
      [201, 'uploading'],
    ],
  );
  assert.equal(answers[6]?.body.file.id, file.id);
  const { ownerId, role } = answers[9]?.body.file ?? assert.fail();
  assert.deepEqual([ownerId, role], [idOf(ann), 'editor']);
});

test('whom the database refuses fails alone', async () => {
  const gone = await rig.test.signUp('Gone');
  const deviceId = gone.session.device.id as DeviceId;
  await rig.deps.db.deleteFrom('devices').where('id', '=', deviceId).execute();
  const users = [...people, gone, ...people];
  const answers = await Promise.all(
    users.map((user, n) => begin(rig, user, { name: `beside ${n}`, size: 5 })),
  );
  assert.deepEqual(
    answers.flatMap(({ status }, n) => (status === 201 ? [] : [n])),
    [people.length],
  );
});

test('a tree that is being moved about holds up nobody else', async () => {
  const [ann, bob] = [person(2), person(3)];
  let late: ReturnType<typeof begin> | undefined;
  await rig.deps.db.transaction().execute(async (tx) => {
    await lockTrees(tx, { exclusive: [idOf(ann)] });
    late = begin(rig, ann, { name: 'late', size: 5 });
    for (const name of ['first', 'second', 'third']) {
      assert.equal((await begin(rig, bob, { name, size: 5 })).status, 201);
    }
    const { rows } = await sql`SELECT FROM uploads WHERE name = 'late'`.execute(tx);
    assert.equal(rows.length, 0);
  });
  assert.equal((await late)?.status, 201);
});

test('the limit of pending uploads holds for each person alone', async () => {
  const [ann, bob] = [await rig.test.signUp('Full'), person(4)];
  for (let from = 0; from < 990; from += 198) {
    const files = Array.from({ length: 198 }, (_, n) => {
      return { name: `n ${from + n}`, size: 1, mimeType: 'text/plain' };
    });
    const answer = await call(rig, ann, 'POST /files/presigned-urls', { body: { files } });
    assert.equal(answer.status, 200);
  }
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      begin(rig, n % 2 === 0 ? ann : bob, { name: `more ${n}`, size: 1 }),
    ),
  );
  const refused = answers.flatMap(({ status }, n) => (status === 429 ? [n % 2] : []));
  assert.deepEqual(refused, new Array(10).fill(0));
  assert.equal(answers.filter(({ status }) => status === 201).length, 30);
});
