import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import type { TestUser } from '../../http/test-app.ts';
import { cleanStore } from '../store-cleaner.ts';
import { call, complete, createUploadRig, downloaded, type UploadRig } from '../test-uploads.ts';
import { beginChunked, chunked, randomPieces, sendParts, uploadChunked } from './test-deltas.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

let rig: UploadRig;
let other: UploadRig;
let ann: TestUser;
const pieces = randomPieces(24);
const first = chunked(pieces);

before(async () => {
  rig = await createUploadRig();
  other = await createUploadRig({ beside: rig });
  ann = await rig.test.signUp('Ann');
});
after(async () => {
  await other.close();
  await rig.close();
});

async function stored(name: string, content = first) {
  return (await uploadChunked(rig, ann, { name, content })).file;
}

/** What lies at the store beside what objects name. */
async function strays(): Promise<readonly string[]> {
  const listed = await rig.store.storage.store.list('v1/');
  const { rows } = await sql<{ key: string }>`SELECT key FROM objects`.execute(rig.deps.db);
  const known = new Set(rows.map((row) => row.key));
  return listed.map(({ key }) => key).filter((key) => !known.has(key));
}

test('an edit in the middle ships its chunk alone, and leaves no staging object', async () => {
  const { id } = await stored('middle.bin');
  const content = chunked(pieces.with(50, randomBytes(200 * KIB)));
  const { file, sent } = await uploadChunked(rig, ann, {
    name: 'middle.bin',
    content,
    baseVersion: 1,
  });
  assert.deepEqual([file.id, file.version, sent], [id, 2, 200 * KIB]);
  assert.ok((await downloaded(rig, file.id)).equals(content.bytes));
  assert.deepEqual(await strays(), []);
});

test('whatever is edited comes out right', async () => {
  await stored('edits.bin');
  const edits: [what: string, next: Buffer[], most: number][] = [
    ['the beginning', [randomBytes(100 * KIB), ...pieces], 5 * MIB],
    ['the end', [...pieces, randomBytes(MIB)], MIB],
    ['a chunk gone', pieces.toSpliced(40, 3), 0],
    ['halves swapped', [...pieces.slice(48), ...pieces.slice(0, 48)], MIB],
    [
      'three places close together',
      pieces.with(40, randomBytes(KIB)).with(43, randomBytes(KIB)).with(46, randomBytes(KIB)),
      3 * KIB + 4 * MIB,
    ],
  ];
  let version = 1;
  for (const [what, next, most] of edits) {
    const content = chunked(next);
    const done = await uploadChunked(rig, ann, {
      name: 'edits.bin',
      content,
      baseVersion: version,
    });
    assert.ok(done.sent <= most, `${what}: ${done.sent}`);
    assert.ok((await downloaded(rig, done.file.id)).equals(content.bytes), what);
    version = done.file.version;
  }
  assert.deepEqual(await strays(), []);
});

test('what nothing needs to be sent of has no parts', async () => {
  await stored('source.bin');
  const content = chunked([...pieces, ...pieces]);
  const { body, status } = await beginChunked(rig, ann, { name: 'twice.bin', content });
  assert.deepEqual([status, body.upload.parts], [201, []]);
  const done = await complete(rig, ann, body.upload);
  assert.equal(done.status, 200);
  assert.ok((await downloaded(rig, done.body.file.id)).equals(content.bytes));
});

test('chunk edits do as well as the list', async () => {
  await stored('by-edits.bin');
  const piece = randomBytes(100 * KIB);
  const content = chunked(pieces.toSpliced(20, 1, piece));
  const { body } = await beginChunked(rig, ann, {
    name: 'by-edits.bin',
    content,
    chunks: undefined,
    baseVersion: 1,
    chunkEdits: [{ at: 20, remove: 1, insert: [content.chunks[20]] }],
  });
  assert.equal(await sendParts(body, content), 100 * KIB);
  const done = await complete(rig, ann, body.upload);
  assert.ok((await downloaded(rig, done.body.file.id)).equals(content.bytes));
});

test('a long list is planned for when it is whole', async () => {
  await stored('long.bin');
  const content = chunked(pieces.with(60, randomBytes(100 * KIB)));
  const { body } = await beginChunked(rig, ann, {
    name: 'long.bin',
    content,
    chunks: undefined,
    chunkCount: content.chunks.length,
  });
  const records = Buffer.concat(
    content.chunks.map(([id, size]) => {
      const record = Buffer.alloc(36);
      record.write(id.slice(7), 'hex');
      record.writeUInt32BE(size, 32);
      return record;
    }),
  );
  const { fileId, id } = body.upload;
  await call(rig, ann, `PUT /files/${fileId}/upload/chunks?uploadId=${id}`, { binary: records });
  const state = await call<typeof body>(rig, ann, `GET /files/${fileId}/upload`);
  assert.equal(await sendParts(state.body, content), 100 * KIB);
  const done = await complete(rig, ann, state.body.upload);
  assert.ok((await downloaded(rig, done.body.file.id)).equals(content.bytes));
});

test('it is resumed on another server, part by part, and claims count', async () => {
  await stored('resumed.bin');
  const content = chunked(pieces.with(30, randomBytes(90 * KIB)).with(70, randomBytes(80 * KIB)));
  const request = { name: 'resumed.bin', content, baseVersion: 1 };
  const { body } = await beginChunked(rig, ann, request);
  const [one, two] = body.upload.parts;
  assert.deepEqual([one?.size, two?.size], [90 * KIB, 80 * KIB]);
  await sendParts({ ...body, upload: { ...body.upload, parts: one ? [one] : [] } }, content);
  const early = await complete(rig, ann, body.upload);
  assert.deepEqual([early.status, early.body.missing], [409, [2]]);
  const again = await beginChunked(other, ann, request);
  assert.equal(again.body.upload.id, body.upload.id);
  assert.deepEqual(
    again.body.upload.parts.map((part) => part.status),
    ['uploaded', 'not-started'],
  );
  assert.equal(await sendParts(again.body, content), 80 * KIB);
  const done = await complete(other, ann, body.upload);
  assert.ok((await downloaded(rig, done.body.file.id)).equals(content.bytes));
});

test('a cancelled one leaves nothing, sources stay, and staging objects outlive the cleaner', async () => {
  await stored('cancelled.bin');
  const content = chunked(pieces.with(30, randomBytes(70 * KIB)));
  const { body } = await beginChunked(rig, ann, { name: 'cancelled.bin', content, baseVersion: 1 });
  await sendParts(body, content);
  await sql`UPDATE store_removals SET not_before = now()`.execute(rig.deps.db);
  await cleanStore(rig.deps);
  const state = await call<typeof body>(rig, ann, `GET /files/${body.file.id}/upload`);
  assert.equal(state.body.upload.parts[0]?.status, 'uploaded');
  const { status } = await call(rig, ann, `DELETE /files/${body.file.id}/upload`);
  assert.equal(status, 204);
  assert.deepEqual(await strays(), []);
  const { rows } = await sql`SELECT FROM upload_sources`.execute(rig.deps.db);
  assert.equal(rows.length, 0);
  assert.ok((await downloaded(rig, body.file.id)).equals(first.bytes));
});

test('pinned parts are given out by their hashes', async () => {
  await stored('pinned.bin');
  const piece = randomBytes(60 * KIB);
  const content = chunked(pieces.with(30, piece));
  const { body } = await beginChunked(rig, ann, {
    name: 'pinned.bin',
    content,
    baseVersion: 1,
    pin: true,
  });
  assert.equal(body.upload.parts[0]?.request, undefined);
  const { parts } = (
    await call<{ parts: typeof body.upload.parts }>(
      rig,
      ann,
      `POST /files/${body.file.id}/upload/urls`,
      { body: { partNumbers: [1], hashes: { 1: content.chunks[30]?.[0] } } },
    )
  ).body;
  const wrong = { ...content, bytes: Buffer.alloc(content.bytes.length) };
  const upload = { ...body.upload, parts };
  await assert.rejects(sendParts({ ...body, upload }, wrong), /store answered 4/);
  await sendParts({ ...body, upload }, content);
  assert.equal((await complete(rig, ann, upload)).status, 200);
});

test('a stranger’s content is no source, whatever is claimed', async () => {
  const bob = await rig.test.signUp('Bob');
  await stored('secret.bin');
  const { body } = await beginChunked(rig, bob, {
    name: 'oracle.bin',
    content: first,
    baseVersion: 1,
    baseVerified: true,
  });
  const asked = body.upload.parts.reduce((sum, part) => sum + part.size, 0);
  assert.equal(asked, first.bytes.length);
});
