import { hash } from 'node:crypto';
import type { DeviceId, FileId, ObjectId, UserId } from '@valise/core/ids';
import { type FileName, parseName } from '@valise/core/names';
import { sql } from 'kysely';
import { recordCreated } from '../changes/record-changes.ts';
import { type Db, inTransaction } from '../db/database.ts';
import { reconcileAccess } from '../fanout/reconcile-access.ts';
import type { Caller } from '../http/app.ts';
import { systemAmbient } from '../run/ambient.ts';
import { putGrants } from '../shares/grant-store.ts';
import { insertFiles, type NewFile } from './file-store.ts';

/** For tests: a person with one device and an empty tree. */
export async function createPerson(db: Db, name: string): Promise<Caller> {
  const userId = systemAmbient.newId<UserId>();
  const deviceId = systemAmbient.newId<DeviceId>();
  const email = `${name}-${userId}@example.org`;
  await sql`
    INSERT INTO users (id, email, email_key, name, password_hash, created_at)
    VALUES (${userId}, ${email}, ${email}, ${name}, 'none', now())`.execute(db);
  await sql`INSERT INTO feeds (user_id) VALUES (${userId})`.execute(db);
  await sql`
    INSERT INTO devices (id, user_id, name, refresh_hash, rotated_at, created_at, last_seen_at)
    VALUES (${deviceId}, ${userId}, 'laptop', ${hash('sha256', deviceId, 'buffer')},
      now(), now(), now())`.execute(db);
  return { userId, deviceId };
}

/** For tests: an object as an upload leaves it, though no store has the bytes. */
export async function createObject(
  db: Db,
  { userId }: Caller,
  content: { readonly records?: Uint8Array; readonly size: number },
): Promise<ObjectId> {
  const id = systemAmbient.newId<ObjectId>();
  const records = content.records ?? null;
  const fingerprint = records && hash('sha256', records, 'buffer');
  await sql`
    INSERT INTO objects (id, store, key, size, fingerprint, recipe, manifest, chunk_count, etag,
      uploader_id, created_at)
    VALUES (${id}, 'test', ${`v1/abc/${id}/1`}, ${content.size}, ${fingerprint},
      ${records && 'v1'}, ${records}, ${(records?.length ?? 0) / 36}, 'etag', ${userId},
      now())`.execute(db);
  return id;
}

/** For tests: a row as `insertFiles` takes it, a confirmed file unless told otherwise. */
export function fileRow(
  { userId, deviceId }: Caller,
  name: string,
  given: Partial<NewFile> = {},
): NewFile {
  const now = systemAmbient.now();
  return {
    id: systemAmbient.newId<FileId>(),
    ownerId: userId,
    createdBy: userId,
    parentId: null,
    kind: 'file',
    status: 'uploaded',
    name: parseName(name) as FileName,
    target: null,
    executable: false,
    size: 0,
    mimeType: 'text/plain',
    objectId: null,
    version: 1,
    versionUserId: userId,
    versionDeviceId: deviceId,
    versionAt: now,
    modifiedAt: now,
    createdAt: now,
    updatedAt: now,
    ...given,
  };
}

/** For tests: puts rows into the tree, and its feed, at once. */
export async function plantFiles(db: Db, rows: readonly NewFile[]): Promise<void> {
  await inTransaction(db, async (tx) => {
    await insertFiles(tx, rows);
    const confirmed = rows.filter((row) => row.status === 'uploaded');
    await recordCreated(tx, confirmed, systemAmbient.now());
  });
}

/** For tests: what sharing one file does, while nobody else changes its tree. */
export async function plantShare(
  db: Db,
  share: { readonly fileId: string; readonly userId: string; readonly role: 'viewer' | 'editor' },
): Promise<void> {
  const [fileId, userId] = [share.fileId as FileId, share.userId as UserId];
  const at = systemAmbient.now();
  await inTransaction(db, async (tx) => {
    await putGrants(tx, { fileId, userIds: [userId], role: share.role, by: userId, at });
    await reconcileAccess(tx, { users: [userId], files: [fileId], always: true, at });
  });
}
