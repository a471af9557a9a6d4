import { AppError } from '@valise/core/errors';
import type { DeviceId, UserId } from '@valise/core/ids';
import type { Session, TokenPair, User } from '@valise/core/wire';
import type { Tx } from '../db/database.ts';
import type { Caller } from '../http/app.ts';
import { ACCESS_TOKEN_SECONDS, type AccessTokens } from './access-tokens.ts';
import type { AccountDeps } from './account-deps.ts';
import {
  findDevice,
  insertDevice,
  type Revocation,
  revokeDevice,
  rotateRefreshHash,
} from './device-store.ts';
import type { RefreshToken, RefreshTokens } from './refresh-tokens.ts';
import type { RevokedDevices } from './revoked-devices.ts';

/** How long a refresh token still works after its successor was made, until that is used. */
const GRACE_MS = 60_000;

export interface Sessions {
  /** A new device with its first tokens; the caller's transaction makes it last. */
  open(tx: Tx, user: User & { readonly id: UserId }, deviceName: string): Promise<Session>;
  /**
   * The next pair. Throws `session-ended` for a token that is none or no more; a token of ours that
   * was replaced longer ago ends its device: two hold it, and one of them shouldn't.
   */
  refresh(refreshToken: string): Promise<TokenPair>;
  /** Ends a device of this user at once here, on other servers within 5 s. False if there is none. */
  end(device: EndedDevice): Promise<boolean>;
}

export type EndedDevice = Omit<Revocation, 'at'>;

export interface SessionParts {
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly revoked: RevokedDevices;
}

export function createSessions(deps: AccountDeps, parts: SessionParts): Sessions {
  const { db, ambient } = deps;
  const { accessTokens, refreshTokens, revoked } = parts;

  async function pair(caller: Caller, refreshToken: RefreshToken): Promise<TokenPair> {
    const accessToken = await accessTokens.issue(caller);
    return { accessToken, refreshToken: refreshToken.text, expiresIn: ACCESS_TOKEN_SECONDS };
  }

  async function end(device: EndedDevice): Promise<boolean> {
    const ended = await revokeDevice(db, { ...device, at: ambient.now() });
    if (ended) revoked.add(device.id, device.end);
    return ended;
  }

  /** The token isn't the current one: its successor again, if that is fresh and unused. */
  async function honourPredecessor(token: RefreshToken): Promise<UserId> {
    const device = await findDevice(db, token.deviceId);
    if (device === undefined || device.revokedAt !== null) throw sessionEnded();
    const ageMs = ambient.now().getTime() - device.rotatedAt.getTime();
    const isPredecessor =
      device.previousRefreshHash !== null &&
      Buffer.compare(device.previousRefreshHash, token.hash) === 0;
    if (isPredecessor && ageMs <= GRACE_MS) return device.userId;
    await end({ id: device.id, userId: device.userId, end: 'revoked' });
    deps.log.warn({ deviceId: device.id, userId: device.userId }, 'refresh token reused');
    throw sessionEnded();
  }

  return {
    async open(tx, user, deviceName) {
      const deviceId = ambient.newId<DeviceId>();
      const refreshToken = refreshTokens.first(deviceId, ambient.randomBytes(32));
      await insertDevice(tx, {
        id: deviceId,
        userId: user.id,
        name: deviceName,
        refreshHash: refreshToken.hash,
        createdAt: ambient.now(),
      });
      const tokens = await pair({ userId: user.id, deviceId }, refreshToken);
      return { user, device: { id: deviceId, name: deviceName }, ...tokens };
    },
    async refresh(text) {
      const token = refreshTokens.parse(text);
      if (token === undefined) throw sessionEnded();
      const { deviceId } = token;
      const successor = refreshTokens.successorOf(token);
      const rotation = { deviceId, from: token.hash, to: successor.hash, at: ambient.now() };
      const userId = (await rotateRefreshHash(db, rotation)) ?? (await honourPredecessor(token));
      return pair({ userId, deviceId }, successor);
    },
    end,
  };
}

function sessionEnded(): AppError {
  return new AppError('session-ended', 'This login has ended. Sign in again.');
}
