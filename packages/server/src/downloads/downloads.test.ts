import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { UploadId } from '@valise/core/ids';
import { applyChunkEdits, packChunks, unpackChunks } from '@valise/core/manifest';
import { nameKey } from '@valise/core/names';
import type { ChunkRef } from '@valise/core/wire';
import { sql } from 'kysely';
import type { DownloadTarget } from '../cdn/download-signer.ts';
import { inTransaction } from '../db/database.ts';
import { systemAmbient } from '../run/ambient.ts';
import { type AnyBody, type Client, startTestApi, type TestApi } from '../tree/test-api.ts';
import { createObject, fileRow, plantFiles } from '../tree/test-people.ts';
import { putChunkPieces } from '../uploads/chunk-store.ts';
import { insertUploads } from '../uploads/upload-store.ts';
import { downloadRoutes } from './download-routes.ts';

const OCTETS = { accept: 'application/octet-stream' };
const UNTIL = new Date(Date.UTC(2030, 0, 1));
/** Shows what was asked for; the real signers have tests of their own. */
const sign = ({ key, name, mimeType }: DownloadTarget) => {
  return { url: `https://store.example/${key}?${name}&${mimeType}`, expiresAt: UNTIL };
};

let api: TestApi;
let ann: Client;
before(async () => {
  api = await startTestApi((db) =>
    downloadRoutes({ db, storage: { downloads: { sign }, cookies: null } }),
  );
  ann = await api.person('ann');
});
after(() => api.close());

function chunksOf(...names: readonly (string | number)[]): ChunkRef[] {
  return names.map((name, n) => [`sha256:${hash('sha256', String(name))}`, 100 + (n % 7)]);
}

async function plant(name: string, chunks: ChunkRef[] | null, given = {}) {
  const size = chunks === null ? 5 : chunks.reduce((sum, [, bytes]) => sum + bytes, 0);
  const records = chunks === null ? {} : { records: packChunks(chunks) };
  const objectId = await createObject(api.db, ann.who, { size, ...records });
  const row = fileRow(ann.who, name, { size, objectId, ...given });
  await plantFiles(api.db, [row]);
  return row;
}

test('a file is shown with its chunks and a URL for its content', async () => {
  const chunks = chunksOf('a', 'b', 'a');
  const file = await plant('three.bin', chunks);
  const { status, body } = await ann('GET', `/files/${file.id}`);
  assert.equal(status, 200);
  assert.deepEqual(
    body.chunks,
    chunks.map(([id, size], n) => ({
      id,
      size,
      offset: [0, 100, 201][n],
      status: 'uploaded',
      etag: null,
    })),
  );
  assert.deepEqual([body.chunksTotal, body.upload], [3, null]);
  assert.match(body.downloadUrl ?? '', /^https:\/\/store\.example\/v1\/.*three\.bin&text\/plain$/);
  assert.equal(body.downloadUrlExpiresAt, UNTIL.toISOString());
  assert.match(body.file.fingerprint ?? '', /^v1:[0-9a-f]{64}$/);
});

test('without chunks there is a URL all the same', async () => {
  const file = await plant('plain', null);
  const { body } = await ann('GET', `/files/${file.id}`);
  assert.deepEqual([body.chunks, body.chunksTotal, body.file.fingerprint], [[], 0, null]);
  assert.notEqual(body.downloadUrl, null);
  const listed = await ann('GET', `/files/${file.id}/chunks`);
  assert.deepEqual(listed.body, { items: [], cursor: null });
  assert.equal((await ann('GET', `/files/${file.id}/chunks`, undefined, OCTETS)).raw.length, 0);
});

test('folders and what is not uploaded have no URL; a stranger’s file is not there', async () => {
  const folder = fileRow(ann.who, 'folder', { kind: 'folder' });
  const sending = fileRow(ann.who, 'sending', { status: 'uploading' });
  const file = await plant('mine', null);
  await plantFiles(api.db, [folder, sending]);
  for (const { id } of [folder, sending]) {
    const { status, body } = await ann('GET', `/files/${id}`);
    assert.deepEqual([status, body.downloadUrl, body.downloadUrlExpiresAt], [200, null, null]);
  }
  const bob = await api.person('bob');
  for (const { id } of [folder, sending, file]) {
    assert.equal((await bob('GET', `/files/${id}`)).status, 404);
    assert.equal((await bob('GET', `/files/${id}/chunks`)).status, 404);
  }
  const fileIds = [file.id, folder.id, sending.id, systemAmbient.newId()];
  const { status, body } = await ann('POST', '/files/download-urls', { fileIds });
  assert.equal(status, 200);
  assert.equal(body.results[0]?.fileId, file.id);
  assert.deepEqual(
    body.results.slice(1).map((result) => result.error.code),
    ['invalid-value', 'not-uploaded', 'file-not-found'],
  );
  const many = Array.from({ length: 257 }, () => file.id);
  assert.equal((await ann('POST', '/files/download-urls', { fileIds: many })).status, 400);
});

test('long lists come in pages and as records', async () => {
  const chunks = chunksOf(...Array.from({ length: 2500 }, (_, n) => n));
  const file = await plant('long', chunks);
  const url = `/files/${file.id}/chunks`;
  const detail = (await ann('GET', `/files/${file.id}`)).body;
  assert.deepEqual([detail.chunks.length, detail.chunksTotal], [1000, 2500]);

  type Item = { id: string; offset: number; size: number };
  const items: Item[] = [];
  let cursor: string | null = '0';
  while (cursor !== null) {
    const page: AnyBody = (await ann('GET', `${url}?from=${cursor}&limit=999`)).body;
    items.push(...(page.items as unknown as Item[]));
    cursor = page.cursor;
  }
  assert.deepEqual(
    items.map(({ id, size }) => [id, size]),
    chunks,
  );
  let offset = 0;
  for (const item of items) {
    assert.equal(item.offset, offset);
    offset += item.size;
  }
  const whole = await ann('GET', url, undefined, OCTETS);
  assert.equal(whole.headers['content-type'], 'application/octet-stream');
  assert.deepEqual(unpackChunks(whole.raw), chunks);
  const slice = await ann('GET', `${url}?from=2490&limit=100`, undefined, OCTETS);
  assert.deepEqual(unpackChunks(slice.raw), chunks.slice(2490));
  for (const from of [2500, 9999, Number.MAX_SAFE_INTEGER]) {
    const beyond = await ann('GET', `${url}?from=${from}`);
    assert.deepEqual(beyond.body, { items: [], cursor: null });
    const none = await ann('GET', `${url}?from=${from}`, undefined, OCTETS);
    assert.deepEqual([none.status, none.raw.length], [200, 0]);
  }
});

test('the difference to a version that is still known', async () => {
  const before = chunksOf('a', 'b', 'c', 'd', 'e');
  const now = [...before.slice(0, 2), ...chunksOf('X'), ...before.slice(3)];
  const file = await plant('edited', now, { version: 4 });
  const old = await createObject(api.db, ann.who, { size: 1, records: packChunks(before) });
  await sql`
    INSERT INTO file_versions (file_id, version, object_id, ended_at)
    VALUES (${file.id}, 3, ${old}, now())`.execute(api.db);
  const url = `/files/${file.id}/chunks`;
  const { status, body } = await ann('GET', `${url}?since=3`);
  assert.deepEqual([status, body.version], [200, 4]);
  assert.equal(body.chunkEdits.length, 1);
  const edits = body.chunkEdits as Parameters<typeof applyChunkEdits>[1];
  assert.deepEqual(unpackChunks(applyChunkEdits(packChunks(before), edits)), now);
  assert.deepEqual((await ann('GET', `${url}?since=4`)).body.chunkEdits, []);
  for (const since of [0, 2, 5, Number.MAX_SAFE_INTEGER]) {
    const answer = await ann('GET', `${url}?since=${since}`);
    assert.deepEqual([answer.status, answer.body.code], [404, 'version-unknown']);
  }
  const plain = await plant('no chunks', null, { version: 2 });
  assert.equal((await ann('GET', `/files/${plain.id}/chunks?since=2`)).status, 404);
});

test('of huge lists no more is compared than the server can bear', async () => {
  const before = Array.from({ length: 215_000 }, (_, n) => chunksOf(`${n}`)).flat();
  const [other] = chunksOf('other');
  assert.ok(other);
  const grown = await plant('grown', [...before, other], { version: 2 });
  const rewritten = await plant('both ends', before.with(0, other).with(-1, other), { version: 2 });
  const old = await createObject(api.db, ann.who, { size: 1, records: packChunks(before) });
  for (const [file, status] of [
    [grown, 200],
    [rewritten, 404],
  ] as const) {
    await sql`
      INSERT INTO file_versions (file_id, version, object_id, ended_at)
      VALUES (${file.id}, 1, ${old}, now())`.execute(api.db);
    assert.equal((await ann('GET', `/files/${file.id}/chunks?since=1`)).status, status);
  }
});

test('while it is uploaded a file shows which chunks have arrived', async () => {
  const chunks = chunksOf('p', 'q', 'r', 's', 't', 'u');
  const size = chunks.reduce((sum, [, bytes]) => sum + bytes, 0);
  const file = fileRow(ann.who, 'half there', { status: 'uploading', size });
  await plantFiles(api.db, [file]);
  const uploadId = systemAmbient.newId<UploadId>();
  const records = packChunks(chunks);
  await inTransaction(api.db, async (tx) => {
    await insertUploads(tx, [
      {
        ...file,
        id: uploadId,
        requestId: null,
        requestHash: null,
        fileId: file.id,
        userId: ann.who.userId,
        deviceId: ann.who.deviceId,
        nameKey: nameKey(file.name),
        storedSize: null,
        contentEncoding: null,
        mimeType: 'text/plain',
        fingerprint: null,
        recipe: null,
        chunkCount: chunks.length,
        baseMode: 'any',
        baseVersion: null,
        baseVerified: false,
        pin: false,
        store: 'test',
        objectKey: 'v1/000/x/1',
        partSize: 250,
        partCount: 3,
      },
    ]);
    await putChunkPieces(tx, [
      { uploadId, first: 0, records: records.subarray(0, 4 * 36) },
      { uploadId, first: 4, records: records.subarray(4 * 36) },
    ]);
  });
  await sql`
    INSERT INTO upload_parts (upload_id, part_number, etag)
    VALUES (${uploadId}, 1, 'one'), (${uploadId}, 3, 'three')`.execute(api.db);
  const { body } = await ann('GET', `/files/${file.id}`);
  assert.deepEqual(
    body.chunks.map(({ status, etag }) => [status, etag]),
    [
      ['uploaded', 'one'],
      ['uploaded', 'one'],
      ['not-started', null],
      ['not-started', null],
      ['not-started', null],
      ['uploaded', 'three'],
    ],
  );
  assert.equal(body.upload?.id, uploadId);
  assert.equal(body.downloadUrl, null);
  const tail = await ann('GET', `/files/${file.id}/chunks?from=3&limit=2`, undefined, OCTETS);
  assert.deepEqual(unpackChunks(tail.raw), chunks.slice(3, 5));
});
