import type { DeviceId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';

export interface NewDevice {
  readonly id: DeviceId;
  readonly userId: UserId;
  readonly name: string;
  readonly refreshHash: Uint8Array;
  readonly createdAt: Date;
}

export async function insertDevice(tx: Tx, device: NewDevice): Promise<void> {
  await tx
    .insertInto('devices')
    .values({
      id: device.id,
      user_id: device.userId,
      name: device.name,
      refresh_hash: device.refreshHash,
      rotated_at: device.createdAt,
      created_at: device.createdAt,
      last_seen_at: device.createdAt,
    })
    .execute();
}

export interface Rotation {
  readonly deviceId: DeviceId;
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly at: Date;
}

/** Replaces the current token if it is still `from`. Answers the device's user, or undefined. */
export async function rotateRefreshHash(db: Db, rotation: Rotation): Promise<UserId | undefined> {
  const row = await db
    .updateTable('devices')
    .set({
      refresh_hash: rotation.to,
      previous_refresh_hash: rotation.from,
      rotated_at: rotation.at,
      last_seen_at: rotation.at,
    })
    .where('id', '=', rotation.deviceId)
    .where('refresh_hash', '=', Buffer.from(rotation.from))
    .where('revoked_at', 'is', null)
    .returning('user_id')
    .executeTakeFirst();
  return row?.user_id;
}

export interface DeviceRow {
  readonly id: DeviceId;
  readonly userId: UserId;
  readonly previousRefreshHash: Uint8Array | null;
  readonly rotatedAt: Date;
  readonly revokedAt: Date | null;
}

export async function findDevice(db: Db, id: DeviceId): Promise<DeviceRow | undefined> {
  return await db
    .selectFrom('devices')
    .select([
      'id',
      'user_id as userId',
      'previous_refresh_hash as previousRefreshHash',
      'rotated_at as rotatedAt',
      'revoked_at as revokedAt',
    ])
    .where('id', '=', id)
    .executeTakeFirst();
}

/** How a login ended: by its own device, or from elsewhere. */
export type LoginEnd = 'logged-out' | 'revoked';

export interface Revocation {
  readonly id: DeviceId;
  readonly userId: UserId;
  readonly end: LoginEnd;
  readonly at: Date;
}

/** Ends a device of this user. False when they have no such device, or none that is live. */
export async function revokeDevice(db: Db, device: Revocation): Promise<boolean> {
  const row = await db
    .updateTable('devices')
    .set({ revoked_at: device.at, logged_out: device.end === 'logged-out' })
    .where('id', '=', device.id)
    .where('user_id', '=', device.userId)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Ends all devices of a user but one. Answers those that were live until now. */
export async function revokeOtherDevices(
  tx: Tx,
  { userId, keep, at }: { readonly userId: UserId; readonly keep: DeviceId; readonly at: Date },
): Promise<readonly DeviceId[]> {
  const rows = await tx
    .updateTable('devices')
    .set({ revoked_at: at })
    .where('user_id', '=', userId)
    .where('id', '<>', keep)
    .where('revoked_at', 'is', null)
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}

export async function revokedSince(db: Db, since: Date): Promise<ReadonlyMap<DeviceId, LoginEnd>> {
  const rows = await db
    .selectFrom('devices')
    .select(['id', 'logged_out as isLoggedOut'])
    .where('revoked_at', '>', since)
    .execute();
  return new Map(rows.map(({ id, isLoggedOut }) => [id, isLoggedOut ? 'logged-out' : 'revoked']));
}

/** Notes when devices were last here. Rows that another statement holds are left for next time. */
export async function touchDevices(db: Db, ids: readonly DeviceId[], at: Date): Promise<void> {
  await sql`
    UPDATE devices SET last_seen_at = ${at}
    WHERE id IN (
      SELECT id FROM devices WHERE id = ANY(${ids}::uuid[]) AND last_seen_at < ${at}
      ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    )`.execute(db);
}

export interface ListedDevice {
  readonly id: DeviceId;
  readonly name: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
}

/** Where a page of devices ends: the last one's place in the order. */
export interface DevicePosition {
  readonly createdAt: Date;
  readonly id: DeviceId;
}

/** A user's live devices, newest first. */
export async function listDevices(
  db: Db,
  userId: UserId,
  page: { readonly after: DevicePosition | undefined; readonly limit: number },
): Promise<readonly ListedDevice[]> {
  const { after } = page;
  const devices = db
    .selectFrom('devices')
    .select(['id', 'name', 'created_at as createdAt', 'last_seen_at as lastSeenAt'])
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit);
  const rest =
    after === undefined
      ? devices
      : devices.where(sql<boolean>`(created_at, id) < (${after.createdAt}, ${after.id}::uuid)`);
  return await rest.execute();
}
