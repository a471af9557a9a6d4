import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { TestUser } from '../http/test-app.ts';
import { createHttpS3Caller } from '../storage/http-s3-caller.ts';
import type { S3Caller } from '../storage/s3-caller.ts';
import { createS3ObjectStore } from '../storage/s3-object-store.ts';
import {
  type Answer,
  begin,
  call,
  complete,
  createUploadRig,
  putPart,
  randomContent,
  type UploadRig,
} from './test-uploads.ts';

const HEADER = 'x-amz-server-side-encryption';
const MiB = 1024 * 1024;

/**
 * The embedded store, which encrypts nothing and says so by 501, as one that takes the demand when
 * an upload begins and forgets it; once `grants` is set, as one that keeps it for new objects.
 */
function forgetful(inner: S3Caller, state: { grants: boolean }): S3Caller {
  const plain = new Set<string>();
  return {
    async call(request, options) {
      const { [HEADER]: demanded, ...headers } = request.headers ?? {};
      const reply = await inner.call({ ...request, headers }, options);
      const { method, key, body = '' } = request;
      if (method === 'HEAD' && reply.status === 200 && !state.grants) plain.add(key);
      for (const one of plain) if (body.includes(`<Key>${one}</Key>`)) plain.delete(one);
      const isSaid = demanded !== undefined || (method === 'HEAD' && !plain.has(key));
      return isSaid ? { ...reply, headers: { ...reply.headers, [HEADER]: 'AES256' } } : reply;
    },
    close: () => inner.close(),
  };
}

describe('with S3_SSE, a store that does not encrypt', () => {
  const state = { grants: false };
  let beside: UploadRig;
  let rig: UploadRig;
  let caller: S3Caller;
  let ann: TestUser;
  before(async () => {
    beside = await createUploadRig();
    const { settings } = beside.store;
    caller = forgetful(
      createHttpS3Caller(settings, () => new Date()),
      state,
    );
    const store = createS3ObjectStore(caller, { ...settings, sse: 'AES256' });
    rig = await createUploadRig({ beside, storage: (real) => ({ ...real, store }) });
    ann = await rig.test.signUp('Ann');
  });
  beforeEach(() => {
    state.grants = false;
  });
  after(async () => {
    caller.close();
    await rig.close();
    await beside.close();
  });

  function assertLoud({ status, body }: Answer<object>): void {
    assert.deepEqual([status, body.code], [500, 'store-unencrypted']);
    assert.match(String(body.detail), /S3_SSE=AES256/);
  }

  async function sent(name: string, size: number) {
    const content = randomContent(size);
    const { body } = await begin(rig, ann, { name, size });
    assert.ok(body.upload);
    for (const part of body.upload.parts) assert.equal((await putPart(part, content)).status, 200);
    return { ...body, upload: body.upload, content };
  }

  for (const size of [10, 11 * MiB]) {
    test(`no file of ${size} bytes comes about, until the store is set right`, async () => {
      const { file, upload, content } = await sent(`file ${size}`, size);
      const claim = { uploadId: upload.id, parts: [{ partNumber: 1, etag: 'any' }] };
      const claimed = await call<object>(rig, ann, `PATCH /files/${file.id}/chunks`, {
        body: claim,
      });
      if (upload.parts.length === 1) assertLoud(claimed);
      assert.notEqual((await complete(rig, ann, upload)).status, 200);
      state.grants = true;
      // What came unencrypted is gone: the same upload takes it again.
      const again = await begin(rig, ann, { name: `file ${size}`, size });
      const { upload: anew } = again.body;
      for (const part of anew.parts) assert.equal((await putPart(part, content)).status, 200);
      assert.equal((await complete(rig, ann, anew)).status, 200);
    });
  }

  test('the completion says which setting it is about', async () => {
    for (const size of [10, 11 * MiB]) {
      assertLoud(await complete(rig, ann, (await sent(`said ${size}`, size)).upload));
    }
  });

  test('nor does any file of a batch', async () => {
    const files = Array.from({ length: 5 }, (_, n) => ({
      name: `b${n}`,
      size: 9,
      mimeType: 'a/b',
    }));
    const begun = await call<{ results: { file: { id: string }; upload: never }[] }>(
      rig,
      ann,
      'POST /files/presigned-urls',
      { body: { files } },
    );
    const uploads: object[] = [];
    for (const { file, upload } of begun.body.results) {
      const { id, parts } = upload as { id: string; parts: Parameters<typeof putPart>[0][] };
      assert.equal((await putPart(parts[0], randomContent(9))).status, 200);
      uploads.push({ fileId: file.id, uploadId: id });
    }
    const done = await call<{ results: { error?: { code: string } }[] }>(
      rig,
      ann,
      'POST /files/complete',
      { body: { uploads } },
    );
    assert.deepEqual(
      done.body.results.map(({ error }) => error?.code),
      files.map(() => 'store-unencrypted'),
    );
  });
});
