import { AppError } from '@valise/core/errors';
import {
  ChangePasswordRequest,
  CookieSession,
  CookieTokenPair,
  LoginRequest,
  RefreshRequest,
  RegisterRequest,
  Session,
  TokenPair,
  User,
} from '@valise/core/wire';
import Type from 'typebox';
import type { Db } from '../db/database.ts';
import { addressKey } from '../http/address-key.ts';
import type { App } from '../http/app.ts';
import { problems } from '../http/problem-responses.ts';
import type { RateLimiter } from '../http/rate-limiter.ts';
import type { ChangePassword } from './change-password.ts';
import { countFailures } from './count-failures.ts';
import type { SessionReplies } from './session-replies.ts';
import type { Sessions } from './sessions.ts';
import type { SignIn } from './sign-in.ts';
import { findUser } from './user-store.ts';

export interface AccountRouteDeps {
  readonly db: Db;
  readonly signIn: SignIn;
  readonly sessions: Sessions;
  readonly changePassword: ChangePassword;
  readonly replies: SessionReplies;
  readonly callsBeforeLogin: RateLimiter;
}

const tags = ['Accounts'];
/** What strangers may send: enough for any login, too little to fill the memory with. */
export const STRANGERS_BODY_LIMIT = 64_000;
export const SessionAnswer = Type.Union([Session, CookieSession]);

/** Register, login, refresh, logout, and who one is. */
export function accountRoutes(app: App, deps: AccountRouteDeps): void {
  addSignIn(app, deps);
  addRefresh(app, deps);
  addOwnAccount(app, deps);
}

function addSignIn(app: App, { signIn, replies }: AccountRouteDeps): void {
  const config = { access: 'public', limit: 'address' } as const;
  app.post(
    '/auth/register',
    {
      config,
      bodyLimit: STRANGERS_BODY_LIMIT,
      schema: {
        summary: 'Make an account and sign in',
        operationId: 'register',
        tags,
        body: RegisterRequest,
        response: {
          201: SessionAnswer,
          ...problems('registration-closed', 'email-taken', 'invalid-value'),
        },
      },
    },
    async (request, reply) => {
      const session = await signIn.register(request.body);
      return reply.code(201).send(replies.session(request, reply, session));
    },
  );
  app.post(
    '/auth/login',
    {
      config,
      bodyLimit: STRANGERS_BODY_LIMIT,
      schema: {
        summary: 'Sign in',
        description: 'Each login is a device of its own.',
        operationId: 'login',
        tags,
        body: LoginRequest,
        response: { 200: SessionAnswer, ...problems('bad-credentials') },
      },
    },
    async (request, reply) => {
      const session = await signIn.login(request.body, addressKey(request.ip));
      return reply.send(replies.session(request, reply, session));
    },
  );
}

function addRefresh(app: App, deps: AccountRouteDeps): void {
  const { sessions, replies, callsBeforeLogin: limiter } = deps;
  app.post(
    '/auth/refresh',
    {
      config: { access: 'public' },
      bodyLimit: STRANGERS_BODY_LIMIT,
      schema: {
        summary: 'Trade a refresh token for the next pair',
        description:
          'The predecessor is honoured for 60 s while its successor is unused, with that successor as answer. Other reuse ends the login.',
        operationId: 'refresh',
        tags,
        body: RefreshRequest,
        response: {
          200: Type.Union([TokenPair, CookieTokenPair]),
          ...problems('unauthenticated', 'session-ended'),
        },
      },
    },
    async (request, reply) => {
      const token = replies.refreshTokenOf(request, request.body.refreshToken);
      const limit = { limiter, key: addressKey(request.ip), codes: ['session-ended'] } as const;
      const pair = await countFailures(limit, () => sessions.refresh(token));
      return reply.send(replies.pair(request, reply, pair));
    },
  );
}

function addOwnAccount(app: App, deps: AccountRouteDeps): void {
  const { db, sessions, replies, changePassword } = deps;
  app.post(
    '/auth/logout',
    {
      schema: {
        summary: 'End this login',
        operationId: 'logout',
        tags,
        response: { 204: Type.Null({ description: 'Ended' }) },
      },
    },
    async (request, reply) => {
      const { userId, deviceId } = request.caller;
      await sessions.end({ id: deviceId, userId, end: 'logged-out' });
      replies.forget(reply);
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/auth/password',
    {
      bodyLimit: STRANGERS_BODY_LIMIT,
      schema: {
        summary: 'Change the password; every other device is ended',
        operationId: 'changePassword',
        tags,
        body: ChangePasswordRequest,
        response: {
          204: Type.Null({ description: 'Changed' }),
          ...problems('bad-credentials', 'invalid-value', 'rate-limited'),
        },
      },
    },
    async (request, reply) => {
      await changePassword(request.caller, request.body);
      return reply.code(204).send(null);
    },
  );
  app.get(
    '/me',
    { schema: { summary: 'Who am I?', operationId: 'me', tags, response: { 200: User } } },
    async (request, reply) => {
      const user = await findUser(db, request.caller.userId);
      if (user === undefined) throw new AppError('session-ended', 'This account is gone.');
      return reply.send(user);
    },
  );
}
