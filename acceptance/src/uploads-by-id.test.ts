import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  type Account,
  Api,
  assertSameBytes,
  download,
  expectStatus,
  type Json,
  putPart,
  putParts,
  sha256,
  upload,
} from './harness/api.ts';
import { bytesAsked, chunked, somePieces } from './harness/chunks.ts';
import { pseudoRandom } from './harness/content.ts';
import { freePorts, TestServer } from './harness/server.ts';

const MiB = 1024 * 1024;
const mimeType = 'application/octet-stream';

describe('an upload that names the file it is a new version of', { timeout: 300_000 }, () => {
  let one: TestServer;
  let two: TestServer;
  let bobsAccount: Account;
  /** The owner, through either server. */
  let ann: Api;
  let annElsewhere: Api;
  /** Sees single files of hers, never their folder. */
  let bob: Api;
  let bobElsewhere: Api;

  before(async () => {
    one = await TestServer.start();
    const [port, ops] = await freePorts(2);
    two = await TestServer.start({
      data: one.data,
      env: {
        VALISE_PORT: String(port),
        VALISE_OPS_PORT: String(ops),
        VALISE_OBJECTS_PORT: String(one.env.VALISE_OBJECTS_PORT),
      },
    });
    const annsAccount = await new Api(one.url).register('Ann');
    bobsAccount = await new Api(one.url).register('Bob');
    ann = new Api(one.url).as(annsAccount);
    annElsewhere = new Api(two.url).as(annsAccount);
    bob = new Api(one.url).as(bobsAccount);
    bobElsewhere = new Api(two.url).as(bobsAccount);
  });
  after(async () => {
    await two.stop();
    await one[Symbol.asyncDispose]();
  });

  const folder = async (name: string): Promise<string> =>
    expectStatus(await ann.post('/folders', { name, parentId: null }), 201).file.id;
  const share = async (id: string, role: string) =>
    expectStatus(await ann.post(`/files/${id}/share`, { users: [bobsAccount.email], role }), 200);
  const names = async (id: string): Promise<string[]> =>
    expectStatus(await ann.get(`/folders/${id}/children`), 200).items.map(({ name }: Json) => name);

  /** A file alone in a folder of Ann's, shared by itself. */
  async function lone(content: Uint8Array, extra: object = {}) {
    const parentId = await folder(randomUUID());
    const file = await upload(ann, { name: 'plan.txt', parentId, content, ...extra });
    await share(file.id, 'editor');
    return { file, parentId };
  }

  /** Begun and sent, not completed. */
  async function sent(api: Api, request: object, content: Uint8Array): Promise<Json> {
    const body = { mimeType, size: content.length, ...request };
    const begun = expectStatus(await api.post('/files/presigned-url', body), 201);
    await putParts(api, begun.upload, content);
    return begun.upload;
  }
  const completing = (api: Api, { id, fileId }: Json) =>
    api.post(`/files/${fileId}/complete`, { uploadId: id });

  test('an editor who sees the file alone changes it, and its owner hears of it', async () => {
    const { file, parentId } = await lone(pseudoRandom('first', 1000));
    const { cursor } = expectStatus(await ann.get('/files/changes'), 200);
    const content = pseudoRandom('second', 2000);
    const edit = await sent(bob, { fileId: file.id, baseVersion: 1 }, content);
    const done = expectStatus(await completing(bobElsewhere, edit), 200).file;
    assert.deepEqual([done.id, done.version, done.sharedRoot], [file.id, 2, true]);
    assertSameBytes(await download(ann, file.id), content);
    assert.deepEqual(await names(parentId), ['plan.txt']);
    const since = `/files/changes?since=${encodeURIComponent(cursor)}`;
    const changes = expectStatus(await ann.get(since), 200).changes;
    assert.deepEqual(
      changes.map(({ file: seen }: Json) => [seen.id, seen.version, seen.parentId]),
      [[file.id, 2, parentId]],
    );
  });

  test('renamed and moved through another server meanwhile, it is still the same file', async () => {
    const { file, parentId } = await lone(pseudoRandom('third', 100));
    const content = pseudoRandom('moving', 300);
    const edit = await sent(bob, { fileId: file.id, baseVersion: 1 }, content);
    const away = await folder('away');
    const place = { name: 'elsewhere.txt', parentId: away };
    expectStatus(await annElsewhere.call('PATCH', `/files/${file.id}`, place), 200);
    await upload(ann, { name: 'plan.txt', parentId, content: pseudoRandom('other', 5) });
    const done = expectStatus(await completing(bob, edit), 200).file;
    assert.deepEqual([done.id, done.name, done.version], [file.id, 'elsewhere.txt', 2]);
    assertSameBytes(await download(annElsewhere, file.id), content);
    assert.deepEqual([await names(away), await names(parentId)], [['elsewhere.txt'], ['plan.txt']]);
  });

  test('two people, two servers, one base: a winner, and a copy of what it overrode', async () => {
    const { file, parentId } = await lone(pseudoRandom('base', 50));
    const contents = [pseudoRandom('ann’s', 60), pseudoRandom('bob’s', 61)] as const;
    const edits = await Promise.all([
      sent(ann, { fileId: file.id, baseVersion: 1 }, contents[0]),
      sent(bobElsewhere, { fileId: file.id, baseVersion: 1 }, contents[1]),
    ]);
    const [first, second] = await Promise.all([
      completing(ann, edits[0]),
      completing(bobElsewhere, edits[1]),
    ]);
    const versions = [expectStatus(first, 200), expectStatus(second, 200)].map(
      ({ file: { version } }) => version,
    );
    assert.deepEqual([...versions].sort(), [2, 3]);
    const all = await names(parentId);
    assert.equal(all.length, 2, String(all));
    const loser = versions[0] === 3 ? 'Bob' : 'Ann';
    assert.ok(
      all.some((name) => name.startsWith(`plan (conflicted copy, ${loser}`)),
      String(all),
    );
  });

  test('from the trash it is taken, from nothing not', async () => {
    const { file, parentId } = await lone(pseudoRandom('trashed', 70));
    const edit = await sent(bob, { fileId: file.id, baseVersion: 1 }, pseudoRandom('alive', 71));
    expectStatus(await annElsewhere.call('DELETE', `/files/${parentId}`), 204);
    assert.equal(expectStatus(await completing(bob, edit), 200).file.version, 2);
    assert.deepEqual(await names(parentId), ['plan.txt']);
    expectStatus(await ann.call('DELETE', `/files/${file.id}`), 204);
    const again = await sent(bob, { fileId: file.id }, pseudoRandom('again', 72));
    expectStatus(await ann.call('DELETE', `/files/trash/${file.id}`), 204);
    expectStatus(await completing(bob, again), 410, 'target-gone');
    const late = { fileId: file.id, size: 3, mimeType };
    expectStatus(await bob.post('/files/presigned-url', late), 410, 'target-gone');
  });

  test('roles: a viewer may not, a stranger sees nothing, one that ended in mid-upload neither', async () => {
    const { file } = await lone(pseudoRandom('roles', 80));
    const edit = await sent(bob, { fileId: file.id }, pseudoRandom('late', 81));
    await share(file.id, 'viewer');
    expectStatus(await completing(bob, edit), 403, 'forbidden');
    const create = (api: Api, fileId: string) =>
      api.post('/files/presigned-url', { fileId, size: 3, mimeType });
    expectStatus(await create(bob, file.id), 403, 'forbidden');
    const path = `/files/${file.id}/shares/${bobsAccount.user.id}`;
    expectStatus(await annElsewhere.call('DELETE', path), 204);
    const theirs = expectStatus(await create(bob, file.id), 404, 'file-not-found');
    const nobodys = expectStatus(await create(bob, randomUUID()), 404, 'file-not-found');
    assert.deepEqual(Object.keys(theirs), Object.keys(nobodys));
    expectStatus(await create(ann, await folder('no content')), 422, 'invalid-value');
    expectStatus(await create(ann, 'nonsense'), 400, 'malformed-request');
    expectStatus(await create(ann, ''), 400, 'malformed-request');
  });

  test('interrupted, renamed, and asked for again at another server: the rest is sent', async () => {
    const { file } = await lone(pseudoRandom('large', 50));
    const { content, chunks, fingerprint } = chunked(somePieces('by id', 80));
    const request = { fileId: file.id, size: content.length, mimeType, chunks, fingerprint };
    const body = { ...request, baseVersion: 1, pin: true };
    const begun = expectStatus(await bob.post('/files/presigned-url', body), 201).upload;
    assert.equal(begun.parts.length, 3);
    assert.equal(begun.parts[0].request, undefined);
    const hashes = Object.fromEntries(
      begun.parts.map(({ partNumber, offset, size }: Json) => [
        partNumber,
        `sha256:${sha256(content.subarray(offset, offset + size))}`,
      ]),
    );
    const urls = async (api: Api, partNumbers: number[]) => {
      const wish = { uploadId: begun.id, partNumbers, hashes };
      return expectStatus(await api.post(`/files/${file.id}/upload/urls`, wish), 200).parts;
    };
    const [part] = await urls(bob, [2]);
    assert.equal((await putPart(part, content)).status, 200);
    expectStatus(await ann.call('PATCH', `/files/${file.id}`, { name: 'grown.bin' }), 200);
    const resumed = expectStatus(await bobElsewhere.post('/files/presigned-url', body), 201).upload;
    assert.equal(resumed.id, begun.id);
    assert.deepEqual(
      resumed.parts.map(({ status }: Json) => status),
      ['not-started', 'uploaded', 'not-started'],
    );
    for (const missing of await urls(bobElsewhere, [1, 3])) {
      assert.equal((await putPart(missing, content)).status, 200);
    }
    const done = expectStatus(await completing(bob, begun), 200).file;
    assert.deepEqual([done.name, done.version, done.fingerprint], ['grown.bin', 2, fingerprint]);
    assertSameBytes(await download(ann, file.id), content);
  });

  test('what is known need not be sent: edits of chunks, own content, nothing at all', async () => {
    const pieces = somePieces('known', 64);
    const old = chunked(pieces);
    const { chunks, fingerprint } = old;
    const { file } = await lone(old.content, { chunks, fingerprint });
    const changed = chunked(
      pieces.map((piece, n) => (n === 40 ? pseudoRandom('new', 200_000) : piece)),
    );
    const edit = {
      fileId: file.id,
      size: changed.content.length,
      mimeType,
      fingerprint: changed.fingerprint,
      baseVersion: 1,
      baseVerified: true,
      chunkEdits: [{ at: 40, remove: 1, insert: [changed.chunks[40]] }],
    };
    const begun = expectStatus(await bob.post('/files/presigned-url', edit), 201).upload;
    assert.ok(bytesAsked(begun) < MiB, `${bytesAsked(begun)} bytes`);
    await putParts(bob, begun, changed.content);
    expectStatus(await completing(bob, begun), 200);
    assertSameBytes(await download(ann, file.id), changed.content);
    const small = chunked([pseudoRandom('own', 500)]);
    await upload(bob, { name: 'own', ...small });
    for (const [version, { content, chunks: list, fingerprint: print }] of [
      [3, small],
      [4, chunked([])],
    ] as const) {
      const body = { fileId: file.id, size: content.length, mimeType, baseVersion: version - 1 };
      const known = list.length === 0 ? body : { ...body, fingerprint: print };
      const answer = expectStatus(await bob.post('/files/presigned-url', known), 200);
      assert.deepEqual([answer.upload, answer.file.version], [null, version]);
      assertSameBytes(await download(ann, file.id), content);
    }
  });

  test('many in one call, by id and by name', async () => {
    const { file } = await lone(pseudoRandom('many', 90));
    const { file: second } = await lone(pseudoRandom('more', 91));
    const files = [
      { fileId: file.id, size: 5, mimeType },
      { fileId: randomUUID(), size: 5, mimeType },
      { name: 'by name', size: 5, mimeType },
      { fileId: second.id, name: 'not/read', size: 5, mimeType },
      { size: 5, mimeType },
    ];
    const { results } = expectStatus(await bob.post('/files/presigned-urls', { files }), 200);
    assert.deepEqual(
      results.map((result: Json) => result.error?.status ?? result.file.id),
      [file.id, 404, results[2].file.id, second.id, 400],
    );
    const content = pseudoRandom('five', 5);
    const uploads = results.flatMap((result: Json) => (result.error ? [] : [result.upload]));
    for (const one of uploads) await putParts(bob, one, content);
    const refs = uploads.map(({ id, fileId }: Json) => ({ uploadId: id, fileId }));
    const done = expectStatus(await bob.post('/files/complete', { uploads: refs }), 200).results;
    assert.deepEqual(
      done.map((result: Json) => [result.file.id, result.file.version]),
      [
        [file.id, 2],
        [results[2].file.id, 1],
        [second.id, 2],
      ],
    );
  });
});
