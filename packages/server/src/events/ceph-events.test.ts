import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestUser } from '../http/test-app.ts';
import { startCephStore } from '../storage/test-ceph.ts';
import {
  begin,
  complete,
  createUploadRig,
  downloaded,
  putPart,
  randomContent,
  type UploadRig,
} from '../uploads/test-uploads.ts';
import { createEventIntake, type EventIntake } from './event-intake.ts';
import { eventRoutes } from './event-routes.ts';
import { tellOfCreations } from './test-ceph-topic.ts';

const SECRET = 'between a gateway & us';
const ceph = await startCephStore();
const skip = ceph === null && !process.env.CI ? 'Ceph is not installed' : false;
after(() => ceph?.close());

describe('a real Ceph gateway tells of what happens', { skip }, () => {
  let rig: UploadRig;
  let ann: TestUser;
  let intake: EventIntake | undefined;

  before(async () => {
    assert.ok(ceph);
    rig = await createUploadRig({
      storage: () => ceph.storage,
      more: [
        (deps) => {
          intake = createEventIntake(deps, { log: { warn: () => undefined } });
          return eventRoutes({ intake, secret: SECRET });
        },
      ],
    });
    const port = await rig.test.listen();
    const hook = `http://127.0.0.1:${port}/events/s3?token=${encodeURIComponent(SECRET)}`;
    await tellOfCreations(ceph.settings, hook);
    ann = await rig.test.signUp('Ann');
  });
  after(async () => {
    await rig.close();
    await intake?.close();
  });

  /** Nobody asks for anything: only the gateway's word can do it. */
  async function untilUploaded(fileId: string): Promise<void> {
    for (;;) {
      const row = await rig.deps.db
        .selectFrom('files')
        .select('status')
        .where('id', '=', fileId as never)
        .executeTakeFirstOrThrow();
      if (row.status === 'uploaded') return;
      await sleep(20);
    }
  }

  test('a file whose client died after the last byte is there', async () => {
    const content = randomContent(50_000);
    const { upload } = (await begin(rig, ann, { name: 'orphan.bin', size: content.length })).body;
    assert.equal((await putPart(upload.parts[0], content)).status, 200);
    await untilUploaded(upload.fileId);
    assert.ok((await downloaded(rig, upload.fileId)).equals(content));
  });

  test('a server’s death between the store’s completion and the commit is made up for', async () => {
    const content = randomContent(9_000_000);
    const begun = await begin(rig, ann, { name: 'parts.bin', size: content.length });
    const { upload } = begun.body;
    const sent = await Promise.all(upload.parts.map((part) => putPart(part, content)));
    const { object_key: key, store_upload_id: storeUpload } = await rig.deps.db
      .selectFrom('uploads')
      .select(['object_key', 'store_upload_id'])
      .where('id', '=', upload.id as never)
      .executeTakeFirstOrThrow();
    const parts = upload.parts.map(({ partNumber, size }, n) => {
      return { partNumber, size, etag: sent[n]?.etag.replaceAll('"', '') ?? '' };
    });
    const { store } = rig.deps.storage;
    await store.completeMultipart(key, storeUpload ?? '', { parts, size: content.length });
    await untilUploaded(upload.fileId);
    assert.ok((await downloaded(rig, upload.fileId)).equals(content));
    assert.equal((await complete(rig, ann, upload)).body.file.version, 1);
  });
});
