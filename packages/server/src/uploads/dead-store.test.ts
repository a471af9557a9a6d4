import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begin, call, complete, createUploadRig, putPart, randomContent } from './test-uploads.ts';

test('while the store is dead, calls that need it answer 503 and nothing is lost or half done', async () => {
  const rig = await createUploadRig();
  try {
    const ann = await rig.test.signUp('Ann');
    const begun = await begin(rig, ann, { name: 'kept.bin', size: 10 });
    await putPart(begun.body.upload.parts[0], randomContent(10));
    rig.store.process.kill('SIGKILL');
    await rig.store.ended;
    const { id } = begun.body.file;
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
