import type { UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';

export interface NewDeviceCode {
  readonly hash: Uint8Array;
  readonly userCode: string;
  readonly deviceName: string;
  readonly intervalSeconds: number;
  readonly expiresAt: Date;
}

/** False when the user code is in use: make another. */
export async function insertDeviceCode(db: Db, code: NewDeviceCode): Promise<boolean> {
  const row = await db
    .insertInto('device_codes')
    .values({
      device_code_hash: code.hash,
      user_code: code.userCode,
      device_name: code.deviceName,
      interval_seconds: code.intervalSeconds,
      expires_at: code.expiresAt,
    })
    .onConflict((conflict) => conflict.column('user_code').doNothing())
    .returning('user_code')
    .executeTakeFirst();
  return row !== undefined;
}

/** Forgets codes that expired before `time`. */
export async function deleteDeviceCodesBefore(db: Db, time: Date): Promise<void> {
  await db.deleteFrom('device_codes').where('expires_at', '<', time).execute();
}

export interface AskedDeviceCode {
  readonly userId: UserId | null;
  readonly denied: boolean;
  readonly expiresAt: Date;
  /** After this ask: longer when it came too soon. */
  readonly intervalSeconds: number;
  readonly tooSoon: boolean;
}

/** Notes that the device asks; one that asks before its time has its interval made longer. */
export async function askDeviceCode(
  db: Db,
  hash: Uint8Array,
  pace: { readonly at: Date; readonly toleranceSeconds: number; readonly penaltySeconds: number },
): Promise<AskedDeviceCode | undefined> {
  const { rows } = await sql<AskedDeviceCode>`
    WITH asked AS (
      SELECT device_code_hash, coalesce(
        ${pace.at}::timestamptz
          < last_asked_at + make_interval(secs => interval_seconds - ${pace.toleranceSeconds}::int),
        false) AS too_soon
      FROM device_codes WHERE device_code_hash = ${Buffer.from(hash)} FOR UPDATE
    )
    UPDATE device_codes SET last_asked_at = ${pace.at},
      interval_seconds = interval_seconds
        + CASE WHEN asked.too_soon THEN ${pace.penaltySeconds}::int ELSE 0 END
    FROM asked WHERE device_codes.device_code_hash = asked.device_code_hash
    RETURNING user_id AS "userId", denied, expires_at AS "expiresAt",
      interval_seconds AS "intervalSeconds", asked.too_soon AS "tooSoon"`.execute(db);
  return rows[0];
}

/** Takes a confirmed code away; of two that redeem it at once only one gets it. */
export async function redeemDeviceCode(
  tx: Tx,
  hash: Uint8Array,
): Promise<{ readonly userId: UserId; readonly deviceName: string } | undefined> {
  const row = await tx
    .deleteFrom('device_codes')
    .where('device_code_hash', '=', Buffer.from(hash))
    .where('user_id', 'is not', null)
    .where('denied', '=', false)
    .returning(['user_id as userId', 'device_name as deviceName'])
    .executeTakeFirst();
  return row === undefined || row.userId === null
    ? undefined
    : { userId: row.userId, deviceName: row.deviceName };
}

export interface WaitingDevice {
  readonly deviceName: string;
  readonly expiresAt: Date;
}

/** A code that no one has decided on yet. */
export async function findWaitingDevice(
  db: Db,
  userCode: string,
  at: Date,
): Promise<WaitingDevice | undefined> {
  return await db
    .selectFrom('device_codes')
    .select(['device_name as deviceName', 'expires_at as expiresAt'])
    .where('user_code', '=', userCode)
    .where('user_id', 'is', null)
    .where('denied', '=', false)
    .where('expires_at', '>', at)
    .executeTakeFirst();
}

export interface Decision {
  readonly userCode: string;
  readonly userId: UserId;
  readonly denied: boolean;
  readonly at: Date;
}

/** Notes a decision; to repeat one's own is fine. False when there is no such code any more. */
export async function decideDeviceCode(db: Db, decision: Decision): Promise<boolean> {
  const row = await db
    .updateTable('device_codes')
    .set({ user_id: decision.userId, denied: decision.denied })
    .where('user_code', '=', decision.userCode)
    .where('expires_at', '>', decision.at)
    .where(({ or, and, eb }) =>
      or([
        eb('user_id', 'is', null),
        and([eb('user_id', '=', decision.userId), eb('denied', '=', decision.denied)]),
      ]),
    )
    .returning('user_code')
    .executeTakeFirst();
  return row !== undefined;
}
