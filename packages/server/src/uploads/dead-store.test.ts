import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Upload } from '@valise/core/wire';
import { begin, call, complete, createUploadRig, putPart, randomContent } from './test-uploads.ts';

interface Result {
  readonly upload?: Upload | null;
  readonly error?: { readonly code: string; readonly requestId?: string };
}

function outcomeOf({ upload, error }: Result): string {
  return error?.code ?? (upload === null ? 'done' : 'begun');
}

const small = { size: 10, mimeType: 'text/plain' };

test('while the store is dead, calls that need it answer 503 and nothing is lost or half done', async () => {
  const rig = await createUploadRig();
  try {
    const ann = await rig.test.signUp('Ann');
    const beginMany = async (files: readonly object[]) => {
      const path = 'POST /files/presigned-urls';
      const answer = await call<{ results: Result[] }>(rig, ann, path, { body: { files } });
      assert.equal(answer.status, 200);
      return answer.body.results;
    };
    const begun = await begin(rig, ann, { name: 'kept.bin', size: 10 });
    await putPart(begun.body.upload.parts[0], randomContent(10));
    rig.store.process.kill('SIGKILL');
    await rig.store.ended;
    const { id } = begun.body.file;
    const many = Array.from({ length: 4 }, (_, n) => ({ ...small, name: `${n}.bin` }));
    const batch = await beginMany([...many, { ...small, name: 'none', size: 0 }]);
    assert.deepEqual(batch.map(outcomeOf), [...many.map(() => 'begun'), 'store-unavailable']);
    const uploads = batch.slice(0, 4).map(({ upload }) => ({
      fileId: upload?.fileId,
      uploadId: upload?.id,
    }));
    const completed = await call<{ results: Result[] }>(rig, ann, 'POST /files/complete', {
      body: { uploads: [...uploads, { fileId: rig.deps.ambient.newId() }] },
    });
    assert.equal(completed.status, 200);
    assert.ok(completed.body.results.every(({ error }) => error?.requestId !== undefined));
    assert.deepEqual(completed.body.results.map(outcomeOf), [
      ...many.map(() => 'store-unavailable'),
      'upload-not-found',
    ]);
    const answers = [
      await complete(rig, ann, begun.body.upload),
      await call(rig, ann, `GET /files/${id}/upload`),
      await begin(rig, ann, { name: 'large.bin', size: 20_000_000 }),
      await begin(rig, ann, { name: 'empty.bin', size: 0 }),
    ];
    for (const { status, body } of answers) {
      assert.deepEqual([status, body.code], [503, 'store-unavailable']);
    }
    const single = await begin(rig, ann, { name: 'small.bin', size: 10 });
    assert.equal(single.status, 201);
    const cancelled = await call(rig, ann, `DELETE /files/${id}/upload`);
    assert.equal(cancelled.status, 204);
  } finally {
    await rig.close();
  }
});
