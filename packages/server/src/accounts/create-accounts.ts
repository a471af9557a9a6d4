import { AppError } from '@valise/core/errors';
import { asAppError } from '../db/database-errors.ts';
import type { App, Authenticator, Caller } from '../http/app.ts';
import { createRateLimiter, type RateLimiter } from '../http/rate-limiter.ts';
import { createAccessTokens } from './access-tokens.ts';
import type { AccountDeps } from './account-deps.ts';
import { accountRoutes } from './account-routes.ts';
import { createChangePassword } from './change-password.ts';
import { createDeviceLogin } from './device-login.ts';
import { deviceLoginRoutes } from './device-login-routes.ts';
import { deviceRoutes } from './device-routes.ts';
import type { LoginEnd } from './device-store.ts';
import { createLastSeen } from './last-seen.ts';
import { createPasswords } from './passwords.ts';
import { createRefreshTokens } from './refresh-tokens.ts';
import { repeat } from './repeat.ts';
import { createRevokedDevices } from './revoked-devices.ts';
import { createSessionReplies } from './session-replies.ts';
import { createSessions } from './sessions.ts';
import { createSignIn } from './sign-in.ts';

export interface Accounts {
  readonly authenticator: Authenticator;
  addRoutes(app: App): void;
  /** Ends the background work; what it still holds is written. */
  close(): Promise<void>;
}

export interface AccountsOptions extends AccountDeps {
  /** Counts the calls of an address that has no login yet. */
  readonly callsBeforeLogin: RateLimiter;
  readonly revocationPollMs?: number;
}

const QUARTER_HOUR_MS = 15 * 60_000;
/** Well inside the 5 s in which a revocation must hold everywhere. */
const REVOCATION_POLL_MS = 1_500;
/** Wrong codes that one user may type in a quarter of an hour. */
const CODE_GUESSES = 20;

/** Users, their devices, and who a token speaks for. */
export function createAccounts(options: AccountsOptions): Accounts {
  const { db, ambient, config, log, callsBeforeLogin } = options;
  const now = () => ambient.now();
  const accessTokens = createAccessTokens(config.jwtSecret, now);
  const refreshTokens = createRefreshTokens(config.jwtSecret);
  const revoked = createRevokedDevices({ db, now, monotonicMs: () => performance.now() });
  const lastSeen = createLastSeen(db, now);
  const sessions = createSessions(options, { accessTokens, refreshTokens, revoked });
  const limiter = (limit: number, what: string) =>
    createRateLimiter({ limit, windowMs: QUARTER_HOUR_MS, now, what });
  const failedLogins = limiter(config.limits.login, 'failed logins');
  const passwords = createPasswords();
  const signIn = createSignIn(options, { passwords, sessions, failedLogins });
  const changePassword = createChangePassword(options, { passwords, revoked, failedLogins });
  const replies = createSessionReplies(config.url);
  const deviceLogin = createDeviceLogin(options, sessions);
  const codeGuesses = limiter(CODE_GUESSES, 'wrong codes');

  async function admit(caller: Caller): Promise<Caller> {
    return refuseEnded(await revoked.endOf(caller.deviceId), caller);
  }

  function refuseEnded(end: LoginEnd | undefined, caller: Caller): Caller {
    if (end !== undefined) {
      throw new AppError('session-ended', 'This login has ended. Sign in again.', {
        details: { end },
      });
    }
    lastSeen.note(caller.deviceId);
    return caller;
  }

  const background = repeat({
    everyMs: options.revocationPollMs ?? REVOCATION_POLL_MS,
    work: () => Promise.all([revoked.refresh(), lastSeen.flush()]),
    onError: (error) => log.warn({ code: asAppError(error)?.code }, 'accounts: database is away'),
  });

  return {
    authenticator: {
      authenticate(token) {
        const caller = accessTokens.verify(token);
        if (caller instanceof Promise) return caller.then(admit);
        const end = revoked.endOf(caller.deviceId);
        if (!(end instanceof Promise)) return refuseEnded(end, caller);
        return end.then((known) => refuseEnded(known, caller));
      },
    },
    addRoutes(app) {
      accountRoutes(app, {
        db,
        signIn,
        sessions,
        changePassword,
        replies,
        callsBeforeLogin,
      });
      deviceRoutes(app, { db, sessions });
      deviceLoginRoutes(app, { deviceLogin, replies, callsBeforeLogin, codeGuesses });
    },
    async close() {
      await background.end();
      await lastSeen.flush();
    },
  };
}
