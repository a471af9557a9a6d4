import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Capabilities, ChangesAnswer, File, Part } from '@valise/core/wire';
import { feedRoutes } from '../changes/feed-routes.ts';
import type { TestUser } from '../http/test-app.ts';
import {
  begin,
  call,
  complete,
  createUploadRig,
  describeContent,
  downloaded,
  putPart,
  randomContent,
  type UploadRig,
} from './test-uploads.ts';

let rig: UploadRig;
/** A second server, whose downloads nobody decodes. */
let plain: UploadRig;
let ann: TestUser;

before(async () => {
  rig = await createUploadRig({
    storage: (real) => ({ ...real, contentEncodings: ['gzip'] }),
    more: [feedRoutes],
  });
  plain = await createUploadRig({ beside: rig });
  ann = await rig.test.signUp('Ann');
});
after(async () => {
  await plain.close();
  await rig.close();
});

const text = Buffer.from('a line like many others\n'.repeat(200));
const stored = gzipSync(text);
const form = { contentEncoding: 'gzip', storedSize: stored.length } as const;

/** PUTs the stored form of the only part. */
async function putStored(part: Parameters<typeof putPart>[0], bytes: Uint8Array) {
  return putPart(part && { ...part, offset: 0, size: bytes.length }, bytes);
}

test('small text is stored compressed, and everyone is told so', async () => {
  const partHash = `sha256:${createHash('sha256').update(stored).digest('hex')}`;
  const described = describeContent(text);
  const body = { name: 'a.txt', size: text.length, ...described, ...form, pin: true, partHash };
  const begun = await begin(rig, ann, body);
  const [part] = begun.body.upload.parts;
  assert.equal(part?.size, text.length);
  assert.equal(part.storedSize, stored.length);
  assert.equal(part.contentEncoding, 'gzip');
  assert.equal(part.request?.headers['content-encoding'], 'gzip');
  const wrong = Uint8Array.from(stored).reverse();
  assert.equal((await putStored(part, wrong)).status, 400, 'pinned by the hash of the stored form');
  assert.equal((await putStored(part, stored)).status, 200);
  const { file } = (await complete(rig, ann, begun.body.upload)).body;
  assert.equal(file.status, 'uploaded');
  assert.equal(file.size, text.length);
  assert.equal(file.fingerprint, described.fingerprint);
  assert.deepEqual(
    { ...form },
    { contentEncoding: file.contentEncoding, storedSize: file.storedSize },
  );
  assert.ok((await downloaded(rig, file.id)).equals(text), 'fetch decodes what says gzip');
  const feed = await call<ChangesAnswer>(rig, ann, 'GET /files/changes');
  const told = feed.body.changes.flatMap((change) =>
    change.type === 'upsert' && change.file.id === file.id ? [change.file] : [],
  );
  assert.deepEqual(told, [file]);
});

test('bytes of another length than the stored form’s never become the file', async () => {
  const begun = await begin(rig, ann, { name: 'b.txt', size: text.length, ...form });
  assert.notEqual((await putStored(begun.body.upload.parts[0], text)).status, 200);
  assert.equal((await complete(rig, ann, begun.body.upload)).status, 409);
  assert.equal((await putStored(begun.body.upload.parts[0], stored)).status, 200);
  assert.equal((await complete(rig, ann, begun.body.upload)).status, 200);
});

test('a batch is verified by its stored sizes', async () => {
  const files = [0, 1, 2, 3].map((n) => {
    return { name: `batch ${n}`, size: text.length, mimeType: 'text/plain', ...form };
  });
  const created = await call<{
    results: { upload: { id: string; fileId: string; parts: Part[] } }[];
  }>(rig, ann, 'POST /files/presigned-urls', { body: { files } });
  const uploads = created.body.results.map(({ upload }) => upload);
  for (const upload of uploads) await putStored(upload.parts[0], stored);
  const body = { uploads: uploads.map(({ id, fileId }) => ({ fileId, uploadId: id })) };
  const done = await call<{ results: { file: File }[] }>(rig, ann, 'POST /files/complete', {
    body,
  });
  assert.deepEqual(
    done.body.results.map(({ file }) => file.storedSize),
    [0, 1, 2, 3].map(() => stored.length),
  );
});

test('asking again resumes the same form; another form is another upload', async () => {
  const body = {
    name: 'again.txt',
    size: text.length,
    ...describeContent(Buffer.from(text).fill(1)),
  };
  const first = await begin(rig, ann, { ...body, ...form });
  const again = await begin(rig, ann, { ...body, ...form });
  assert.equal(again.body.upload.id, first.body.upload.id);
  const other = await begin(rig, ann, body);
  assert.notEqual(other.body.upload.id, first.body.upload.id);
  assert.equal(other.body.upload.parts[0]?.storedSize, undefined);
});

test('where nobody decodes for readers it is refused, and such content is not linked', async () => {
  const can = async (server: UploadRig) =>
    (await call<Capabilities>(server, ann, 'GET /capabilities')).body.contentEncodings;
  assert.deepEqual(await can(rig), ['gzip']);
  assert.deepEqual(await can(plain), []);
  const content = Buffer.from('seldom said\n'.repeat(100));
  const bytes = gzipSync(content);
  const body = { name: 'c.txt', size: content.length, ...describeContent(content) };
  const storedForm = { contentEncoding: 'gzip', storedSize: bytes.length };
  const begun = await begin(rig, ann, { ...body, ...storedForm });
  await putStored(begun.body.upload.parts[0], bytes);
  assert.equal((await complete(rig, ann, begun.body.upload)).status, 200);
  const refused = await begin(plain, ann, { ...body, ...storedForm, name: 'd.txt' });
  assert.equal(refused.status, 422);
  assert.equal(refused.body.field, 'contentEncoding');
  assert.equal((await begin(rig, ann, { ...body, name: 'linked.txt' })).body.upload, null);
  assert.notEqual((await begin(plain, ann, { ...body, name: 'sent.txt' })).body.upload, null);
});

test('forms that make no sense are refused with the field', async () => {
  const size = 1000;
  for (const [body, field] of [
    [{ size, contentEncoding: 'gzip' }, 'storedSize'],
    [{ size, storedSize: 10 }, 'contentEncoding'],
    [{ size, contentEncoding: 'gzip', storedSize: 1000 }, 'storedSize'],
    [{ size, contentEncoding: 'gzip', storedSize: 0 }, 'storedSize'],
    [{ size: 9_000_000, contentEncoding: 'gzip', storedSize: 10 }, 'contentEncoding'],
  ] as const) {
    const refused = await begin(rig, ann, { name: 'x', ...body });
    assert.equal(refused.status, 422, JSON.stringify(body));
    assert.equal(refused.body.field, field);
  }
  const unknown = { name: 'x', size, contentEncoding: 'br', storedSize: 10 };
  assert.equal((await begin(rig, ann, unknown)).status, 400);
});

test('a large version takes nothing from a compressed one', async () => {
  const content = randomContent(8_000_000);
  const begun = await begin(rig, ann, {
    name: 'grows.bin',
    size: content.length,
    ...describeChunks([content]),
    contentEncoding: 'gzip',
    storedSize: stored.length,
  });
  await putStored(begun.body.upload.parts[0], stored);
  assert.equal((await complete(rig, ann, begun.body.upload)).status, 200);
  const more = randomContent(4_000_000);
  const next = await begin(rig, ann, {
    name: 'grows.bin',
    size: content.length + more.length,
    ...describeChunks([content, more]),
  });
  const asked = next.body.upload.parts.reduce((sum, part) => sum + part.size, 0);
  assert.equal(asked, content.length + more.length);
});

/** Each content cut into chunks of at most 4 MiB. */
function describeChunks(contents: readonly Uint8Array[]) {
  const pieces = contents.flatMap((content) => {
    const most = 4_000_000;
    const count = Math.ceil(content.length / most);
    return Array.from({ length: count }, (_, n) => content.subarray(n * most, (n + 1) * most));
  });
  const digests = pieces.map((piece) => createHash('sha256').update(piece).digest());
  const fingerprint = createHash('sha256').update(Buffer.concat(digests)).digest('hex');
  return {
    chunks: pieces.map((piece, n) => [`sha256:${digests[n]?.toString('hex')}`, piece.length]),
    fingerprint: `v1:${fingerprint}`,
  };
}
