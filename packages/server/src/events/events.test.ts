import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { File } from '@valise/core/wire';
import type { TestUser } from '../http/test-app.ts';
import {
  begin,
  call,
  complete,
  createUploadRig,
  downloaded,
  putPart,
  randomContent,
  type UploadRig,
} from '../uploads/test-uploads.ts';
import { createEventIntake, type EventIntake, type Taken } from './event-intake.ts';
import { newProbeKey, takeProbe } from './event-probes.ts';
import { eventRoutes } from './event-routes.ts';

const SECRET = 'a secret of the store, with spaces';

let rig: UploadRig;
let ann: TestUser;
let intake: EventIntake;
let last: Taken | undefined;

before(async () => {
  rig = await createUploadRig({
    more: [
      (deps) => {
        const log = { warn: () => undefined };
        intake = createEventIntake(deps, { log, quietMs: 20 });
        const take: EventIntake['take'] = (message) => {
          last = intake.take(message);
          return last;
        };
        return eventRoutes({ intake: { ...intake, take }, secret: SECRET });
      },
    ],
  });
  ann = await rig.test.signUp('Ann');
});
after(async () => {
  await rig.close();
  await intake.close();
});

async function send(
  payload: string | object,
  { headers, query = '' }: { headers?: Record<string, string>; query?: string } = {},
) {
  const answer = await rig.test.app.inject({
    method: 'POST',
    url: `/events/s3${query}`,
    headers: headers ?? { authorization: `Bearer ${SECRET}` },
    ...(typeof payload === 'string' ? { body: payload } : { payload }),
  });
  return { status: answer.statusCode, body: answer.json() };
}

/** Tells of creations and waits until that has been acted on. */
async function tell(...keys: readonly string[]): Promise<void> {
  const answer = await send({ Records: keys.map((key) => created(key)) });
  assert.equal(answer.status, 200);
  await last?.done;
}

function created(key: string, bucket = rig.store.settings.bucket) {
  const s3 = { bucket: { name: bucket }, object: { key, size: 1 } };
  return { eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3 };
}

async function keyOf(uploadId: string): Promise<string> {
  const { object_key } = await rig.deps.db
    .selectFrom('uploads')
    .select('object_key')
    .where('id', '=', uploadId as never)
    .executeTakeFirstOrThrow();
  return object_key;
}

async function beginOne(name: string, content: Uint8Array) {
  const { upload } = (await begin(rig, ann, { name, size: content.length })).body;
  return { upload, key: await keyOf(upload.id) };
}

async function statusOf(fileId: string): Promise<File['status']> {
  return (await call<{ file: File }>(rig, ann, `GET /files/${fileId}/upload`)).body.file.status;
}

test('an event makes a file of what a dead client has sent, once', async () => {
  const content = randomContent(1000);
  const { upload, key } = await beginOne('told.bin', content);
  await putPart(upload.parts[0], content);
  await tell(key, key);
  await tell(key);
  assert.ok((await downloaded(rig, upload.fileId)).equals(content));
  const done = await complete(rig, ann, upload);
  assert.equal(done.status, 200, 'a client that lives after all gets its answer');
  assert.equal(done.body.file.version, 1);
});

test('forged and early events change nothing', async () => {
  const content = randomContent(100);
  const { upload, key } = await beginOne('early.bin', content);
  await tell(key, `${key.slice(0, -1)}9`, 'v1/000/00000000-0000-4000-a000-000000000000/0');
  assert.equal(await statusOf(upload.fileId), 'uploading');
  await putPart(upload.parts[0], content);
  await tell(key);
  assert.equal((await complete(rig, ann, upload)).body.file.version, 1);
});

test('late events of older versions leave the newer one alone', async () => {
  const versions = [randomContent(50), randomContent(60)];
  const keys: string[] = [];
  let fileId = '';
  for (const content of versions) {
    const { upload, key } = await beginOne('versions.bin', content);
    await putPart(upload.parts[0], content);
    assert.equal((await complete(rig, ann, upload)).status, 200);
    keys.push(key);
    fileId = upload.fileId;
  }
  await tell(...keys.toReversed());
  await tell(...keys);
  assert.ok((await downloaded(rig, fileId)).equals(versions[1] ?? Buffer.alloc(0)));
});

test('a cancelled upload stays cancelled', async () => {
  const content = randomContent(100);
  const { upload, key } = await beginOne('cancelled.bin', content);
  await putPart(upload.parts[0], content);
  await call(rig, ann, `DELETE /files/${upload.fileId}/upload`);
  await tell(key);
  assert.equal((await complete(rig, ann, upload)).status, 404);
});

test('what doesn’t concern us is counted and left alone', async () => {
  const { upload, key } = await beginOne('foreign.bin', randomContent(1));
  const removed = { ...created(key), eventName: 'ObjectRemoved:Delete' };
  const answer = await send({
    Records: [created(key, 'elsewhere'), created('notes.txt'), removed, { some: 'thing' }],
  });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, {
    accepted: 0,
    ignored: { foreignBucket: 1, otherKey: 1, otherEvent: 1, unreadable: 1, overload: 0 },
  });
  assert.equal(await statusOf(upload.fileId), 'uploading');
  const test = await send({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' });
  assert.equal(test.status, 200);
});

test('the secret may stand in the query; none or a wrong one is 401', async () => {
  const body = { Records: [] };
  const query = `?token=${encodeURIComponent(SECRET)}`;
  assert.equal((await send(body, { headers: {}, query })).status, 200);
  for (const headers of [
    {},
    { authorization: 'Bearer wrong' },
    { authorization: `Bearer ${SECRET}x` },
    { authorization: SECRET },
    { authorization: `Bearer ${ann.headers.authorization}` },
  ] as Record<string, string>[]) {
    const answer = await send(body, { headers });
    assert.equal(answer.status, 401);
    assert.equal(answer.body.code, 'unauthenticated');
  }
  assert.equal((await send(body, { headers: {}, query: '?token=' })).status, 401);
  assert.equal((await send(body, { headers: {}, query: `${query}&token=x` })).status, 401);
});

test('garbage is told so', async () => {
  const authorization = `Bearer ${SECRET}`;
  const json = { authorization, 'content-type': 'application/json' };
  for (const text of ['{', 'nonsense', '"text"', '[]', '7']) {
    assert.equal((await send(text, { headers: json })).status, 400, text);
  }
  for (const body of [{}, { Records: 7 }, { Records: [1] }, { a: { b: 1 } }]) {
    const answer = await send(body);
    assert.equal(answer.status, 422);
    assert.equal(answer.body.code, 'invalid-value');
  }
  const plain = { authorization, 'content-type': 'text/plain' };
  assert.equal((await send('{}', { headers: plain })).status, 415);
});

test('ten megabytes are refused, from strangers before they are read', async () => {
  const large = JSON.stringify({ Records: [], filling: 'x'.repeat(10_000_000) });
  const type = { 'content-type': 'application/json' };
  const refused = await send(large, { headers: { ...type, authorization: `Bearer ${SECRET}` } });
  assert.equal(refused.status, 413);
  assert.equal(refused.body.code, 'body-too-large');
  assert.equal((await send(large, { headers: type })).status, 401);
});

test('a probe’s event is noted for whoever put it', async () => {
  const key = newProbeKey(rig.deps.ambient);
  assert.equal(await takeProbe(rig.deps.db, key), false);
  await tell(key, key);
  await tell(key);
  assert.equal(await takeProbe(rig.deps.db, key), true);
  assert.equal(await takeProbe(rig.deps.db, key), false);
});
