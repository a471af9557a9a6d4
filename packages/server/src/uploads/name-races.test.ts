import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { DeviceId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { TestUser } from '../http/test-app.ts';
import { insertFiles } from '../tree/file-store.ts';
import { fileRow } from '../tree/test-people.ts';
import { begin, createUploadRig, type UploadRig } from './test-uploads.ts';

let rig: UploadRig;

before(async () => {
  rig = await createUploadRig();
});
after(() => rig.close());

function callerOf({ session }: TestUser) {
  return { userId: session.user.id as UserId, deviceId: session.device.id as DeviceId };
}

/** Until some statement waits for a lock that another transaction holds. */
async function someoneWaits(): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(rig.deps.db);
    if (rows.length > 0) return;
  }
}

test('a folder that takes the name while an instant upload is committed refuses it', async () => {
  const ann = await rig.test.signUp('Ann');
  const first = await begin(rig, ann, { name: 'first', size: 0 });
  assert.equal(first.status, 200);
  let uploading: ReturnType<typeof begin> | undefined;
  await rig.deps.db.transaction().execute(async (tx) => {
    await insertFiles(tx, [fileRow(callerOf(ann), 'raced', { kind: 'folder', mimeType: null })]);
    uploading = begin(rig, ann, { name: 'raced', size: 0 });
    await someoneWaits();
  });
  const refused = await uploading;
  assert.deepEqual([refused?.status, refused?.body.code], [409, 'name-taken']);
});
