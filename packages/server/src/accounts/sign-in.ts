import { AppError } from '@valise/core/errors';
import type { UserId } from '@valise/core/ids';
import type { LoginRequest, RegisterRequest, Session } from '@valise/core/wire';
import { inTransaction } from '../db/database.ts';
import type { RateLimiter } from '../http/rate-limiter.ts';
import type { AccountDeps } from './account-deps.ts';
import type { Passwords } from './passwords.ts';
import {
  emailKey,
  parseDeviceName,
  parseEmail,
  parsePassword,
  parsePersonName,
} from './person-fields.ts';
import type { Sessions } from './sessions.ts';
import { findCredentials, insertUser, isEmailTaken } from './user-store.ts';

export interface SignIn {
  register(request: RegisterRequest): Promise<Session>;
  /** `address` is the caller's key for limits: failures count per account and address. */
  login(request: LoginRequest, address: string): Promise<Session>;
}

export interface SignInParts {
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly failedLogins: RateLimiter;
}

export function createSignIn(deps: AccountDeps, parts: SignInParts): SignIn {
  const { db, ambient, config } = deps;
  const { passwords, sessions, failedLogins } = parts;

  return {
    async register(request) {
      refuseClosedRegistration(config.registration);
      const email = parseEmail(request.email);
      const name = parsePersonName(request.name);
      const deviceName = parseDeviceName(request.device);
      const password = parsePassword(request.password);
      if (await isEmailTaken(db, email.key)) throw emailTaken();
      const passwordHash = await passwords.hash(password);
      const id = ambient.newId<UserId>();
      return inTransaction(db, async (tx) => {
        const user = { id, email, name, passwordHash, createdAt: ambient.now() };
        if (!(await insertUser(tx, user))) throw emailTaken();
        return sessions.open(tx, { id, email: email.text, name }, deviceName);
      });
    },

    async login(request, address) {
      const deviceName = parseDeviceName(request.device);
      const key = emailKey(request.email);
      const pairKey = `${key}\n${address}`;
      failedLogins.check(pairKey);
      // PostgreSQL takes no NUL; no address has one.
      const found = key.includes('\0') ? undefined : await findCredentials(db, key);
      // Counted as a failure before it is known to be none: guesses at once must not slip through.
      const admit = () => failedLogins.take(pairKey);
      if (!(await passwords.verify(found?.passwordHash, request.password, admit)) || !found) {
        throw new AppError('bad-credentials', 'The address or the password is wrong.');
      }
      failedLogins.refund(pairKey);
      return inTransaction(db, (tx) => sessions.open(tx, found.user, deviceName));
    },
  };
}

function refuseClosedRegistration(registration: AccountDeps['config']['registration']): void {
  if (registration === 'open') return;
  const detail =
    registration === 'invite'
      ? 'This server takes new people by invitation only.'
      : 'This server takes no new people. Ask whoever runs it.';
  throw new AppError('registration-closed', detail);
}

function emailTaken(): AppError {
  return new AppError('email-taken', 'There is an account with this address. Sign in instead.');
}
