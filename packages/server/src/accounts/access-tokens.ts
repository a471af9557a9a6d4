import { createSecretKey, hash } from 'node:crypto';
import { AppError } from '@valise/core/errors';
import type { DeviceId, UserId } from '@valise/core/ids';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Caller } from '../http/app.ts';

export const ACCESS_TOKEN_SECONDS = 15 * 60;

const ALGORITHM = 'HS256';
const ISSUER = 'valise';
/** Verified tokens remembered; at ~300 bytes each this stays under 10 MB. */
const MAX_REMEMBERED = 20_000;

export interface AccessTokens {
  issue(caller: Caller): Promise<string>;
  /** Answers at once for tokens seen before. Throws `unauthenticated` for bad and expired ones. */
  verify(token: string): Caller | Promise<Caller>;
}

interface Verified {
  readonly caller: Caller;
  readonly expiresAtMs: number;
}

/** JWTs by HS256 that live 15 minutes: `sub` is the user, `dev` the device. */
export function createAccessTokens(secret: Uint8Array, now: () => Date): AccessTokens {
  const key = createSecretKey(secret);
  const remembered = new Map<string, Verified>();

  async function verifyAnew(token: string, id: string): Promise<Caller> {
    const verified = await parseToken(token, key, now());
    if (remembered.size >= MAX_REMEMBERED) forgetOldest(remembered);
    remembered.set(id, verified);
    return verified.caller;
  }

  return {
    issue(caller) {
      const issuedAt = Math.floor(now().getTime() / 1000);
      return new SignJWT({ dev: caller.deviceId })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .setIssuer(ISSUER)
        .setSubject(caller.userId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + ACCESS_TOKEN_SECONDS)
        .sign(key);
    },
    verify(token) {
      const id = hash('sha256', token, 'base64');
      const known = remembered.get(id);
      if (known === undefined) return verifyAnew(token, id);
      if (known.expiresAtMs > now().getTime()) return known.caller;
      remembered.delete(id);
      throw expired();
    },
  };
}

async function parseToken(
  token: string,
  key: ReturnType<typeof createSecretKey>,
  currentDate: Date,
): Promise<Verified> {
  try {
    const { payload } = await jwtVerify<{ readonly dev: DeviceId }>(token, key, {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      requiredClaims: ['sub', 'exp', 'dev'],
      currentDate,
    });
    const userId = payload.sub as string as UserId;
    const expiresAtMs = (payload.exp ?? 0) * 1000;
    return { caller: { userId, deviceId: payload.dev }, expiresAtMs };
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw expired();
    if (!(error instanceof errors.JOSEError)) throw error;
    throw new AppError('unauthenticated', 'The access token is not one of this server.');
  }
}

function expired(): AppError {
  return new AppError('unauthenticated', 'The access token has expired. Refresh it.');
}

function forgetOldest(remembered: Map<string, Verified>): void {
  let surplus = MAX_REMEMBERED / 10;
  for (const id of remembered.keys()) {
    if (surplus-- <= 0) return;
    remembered.delete(id);
  }
}
