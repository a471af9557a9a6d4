import { AppError } from '@valise/core/errors';
import type { ChangePasswordRequest } from '@valise/core/wire';
import { inTransaction } from '../db/database.ts';
import type { Caller } from '../http/app.ts';
import type { RateLimiter } from '../http/rate-limiter.ts';
import type { AccountDeps } from './account-deps.ts';
import { revokeOtherDevices } from './device-store.ts';
import type { Passwords } from './passwords.ts';
import { parsePassword } from './person-fields.ts';
import type { RevokedDevices } from './revoked-devices.ts';
import { findPasswordHash, updatePasswordHash } from './user-store.ts';

export type ChangePassword = (caller: Caller, request: ChangePasswordRequest) => Promise<void>;

export interface ChangePasswordParts {
  readonly passwords: Passwords;
  readonly revoked: RevokedDevices;
  /** Wrong guesses at the current one count per account, from wherever they come. */
  readonly failedLogins: RateLimiter;
}

/**
 * Changes the caller's password. Whoever knew the old one is out: every other device is ended in the
 * same transaction. Throws `bad-credentials`, `invalid-value`, `rate-limited`.
 */
export function createChangePassword(
  { db, ambient }: AccountDeps,
  { passwords, revoked, failedLogins }: ChangePasswordParts,
): ChangePassword {
  return async ({ userId, deviceId }, request) => {
    const wanted = parsePassword(request.new);
    failedLogins.check(userId);
    const stored = await findPasswordHash(db, userId);
    const admit = () => failedLogins.take(userId);
    if (!(await passwords.verify(stored, request.current, admit))) {
      throw new AppError('bad-credentials', 'The current password is wrong.');
    }
    failedLogins.refund(userId);
    const passwordHash = await passwords.hash(wanted);
    const ended = await inTransaction(db, async (tx) => {
      await updatePasswordHash(tx, { id: userId, passwordHash });
      return revokeOtherDevices(tx, { userId, keep: deviceId, at: ambient.now() });
    });
    for (const id of ended) revoked.add(id, 'revoked');
  };
}
