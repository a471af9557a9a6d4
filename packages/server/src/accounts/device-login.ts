import { hash } from 'node:crypto';
import { AppError } from '@valise/core/errors';
import type { UserId } from '@valise/core/ids';
import type { DeviceCode, Session, WaitingDevice } from '@valise/core/wire';
import { inTransaction } from '../db/database.ts';
import type { AccountDeps } from './account-deps.ts';
import {
  type AskedDeviceCode,
  askDeviceCode,
  decideDeviceCode,
  deleteDeviceCodesBefore,
  findWaitingDevice,
  insertDeviceCode,
  redeemDeviceCode,
} from './device-code-store.ts';
import { parseDeviceName } from './person-fields.ts';
import type { Sessions } from './sessions.ts';
import { formatUserCode, makeUserCode, parseUserCode, unknownUserCode } from './user-code.ts';
import { findUser } from './user-store.ts';

const LIFETIME_SECONDS = 600;
const INTERVAL_SECONDS = 5;
/** Added to the interval of a device that asks too often (RFC 8628, 3.5). */
const PENALTY_SECONDS = 5;
/** Networks deliver early and late: a device that keeps its interval is never too soon. */
const TOLERANCE_SECONDS = 1;
/** Expired codes are kept this long, so that a late ask hears `expired-token`. */
const KEEP_EXPIRED_MS = 3600_000;

/** Login of a device without a browser by one that has one (RFC 8628). */
export interface DeviceLogin {
  start(deviceName: string | undefined): Promise<DeviceCode>;
  /** Throws `authorization-pending`, `slow-down`, `expired-token` or `access-denied` until then. */
  redeem(deviceCode: string): Promise<Session>;
  /** Which device waits under this code. Throws `user-code-not-found`. */
  look(userCode: string): Promise<WaitingDevice>;
  /** Throws `user-code-not-found` for a code that is unknown, over or decided otherwise. */
  decide(userId: UserId, userCode: string, verdict: 'approve' | 'deny'): Promise<void>;
}

export function createDeviceLogin(deps: AccountDeps, sessions: Sessions): DeviceLogin {
  const { db, ambient, config } = deps;

  async function insertWithFreeCode(codeHash: Uint8Array, deviceName: string): Promise<string> {
    const expiresAt = new Date(ambient.now().getTime() + LIFETIME_SECONDS * 1000);
    for (;;) {
      const userCode = makeUserCode((length) => ambient.randomBytes(length));
      const code = { hash: codeHash, userCode, deviceName, expiresAt };
      if (await insertDeviceCode(db, { ...code, intervalSeconds: INTERVAL_SECONDS })) {
        return userCode;
      }
    }
  }

  return {
    async start(deviceName) {
      const name = parseDeviceName(deviceName);
      await deleteDeviceCodesBefore(db, new Date(ambient.now().getTime() - KEEP_EXPIRED_MS));
      const deviceCode = `vdc_${Buffer.from(ambient.randomBytes(32)).toString('base64url')}`;
      const userCode = formatUserCode(await insertWithFreeCode(hashOf(deviceCode), name));
      const verificationUri = `${config.url}/device`;
      return {
        deviceCode,
        userCode,
        verificationUri,
        verificationUriComplete: `${verificationUri}?code=${userCode}`,
        interval: INTERVAL_SECONDS,
        expiresIn: LIFETIME_SECONDS,
      };
    },

    async redeem(deviceCode) {
      const codeHash = hashOf(deviceCode);
      const pace = { toleranceSeconds: TOLERANCE_SECONDS, penaltySeconds: PENALTY_SECONDS };
      const at = ambient.now();
      refuseUndecided(await askDeviceCode(db, codeHash, { ...pace, at }), at);
      return inTransaction(db, async (tx) => {
        const redeemed = await redeemDeviceCode(tx, codeHash);
        const user = redeemed && (await findUser(tx, redeemed.userId));
        if (redeemed === undefined || user === undefined) throw expiredToken();
        return sessions.open(tx, user, redeemed.deviceName);
      });
    },

    async look(userCode) {
      const waiting = await findWaitingDevice(db, parseUserCode(userCode), ambient.now());
      if (waiting === undefined) throw unknownUserCode();
      return { device: waiting.deviceName, expiresAt: waiting.expiresAt.toISOString() };
    },

    async decide(userId, userCode, verdict) {
      const code = parseUserCode(userCode);
      const denied = verdict === 'deny';
      const decision = { userId, userCode: code, denied, at: ambient.now() };
      if (!(await decideDeviceCode(db, decision))) throw unknownUserCode();
    },
  };
}

function refuseUndecided(asked: AskedDeviceCode | undefined, at: Date): void {
  if (asked === undefined || asked.expiresAt <= at) throw expiredToken();
  if (asked.denied) throw new AppError('access-denied', 'The login was refused in the browser.');
  if (asked.userId !== null) return;
  const details = { interval: asked.intervalSeconds };
  if (asked.tooSoon) {
    const detail = `Ask every ${asked.intervalSeconds} seconds at most.`;
    throw new AppError('slow-down', detail, { details, retryAfter: asked.intervalSeconds });
  }
  throw new AppError('authorization-pending', 'Confirm the code in a browser.', {
    details,
    retryAfter: asked.intervalSeconds,
  });
}

function expiredToken(): AppError {
  return new AppError('expired-token', 'The code has expired or was used. Start the login again.');
}

function hashOf(deviceCode: string): Buffer {
  return hash('sha256', deviceCode, 'buffer');
}
