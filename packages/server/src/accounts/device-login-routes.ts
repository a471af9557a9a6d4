import {
  DeviceApproveRequest,
  DeviceCode,
  DeviceCodeRequest,
  DeviceTokenRequest,
  WaitingDevice,
  WaitingDeviceQuery,
} from '@valise/core/wire';
import Type from 'typebox';
import { addressKey } from '../http/address-key.ts';
import type { App } from '../http/app.ts';
import { problems } from '../http/problem-responses.ts';
import type { RateLimiter } from '../http/rate-limiter.ts';
import { SessionAnswer, STRANGERS_BODY_LIMIT } from './account-routes.ts';
import { countFailures } from './count-failures.ts';
import type { DeviceLogin } from './device-login.ts';
import type { SessionReplies } from './session-replies.ts';

export interface DeviceLoginRouteDeps {
  readonly deviceLogin: DeviceLogin;
  readonly replies: SessionReplies;
  readonly callsBeforeLogin: RateLimiter;
  /** Counts the wrong codes of a user. */
  readonly codeGuesses: RateLimiter;
}

const tags = ['Device login'];

/** Login of a device that has no browser (RFC 8628). */
export function deviceLoginRoutes(app: App, deps: DeviceLoginRouteDeps): void {
  addDevicesSide(app, deps);
  addPersonsSide(app, deps);
}

function addDevicesSide(app: App, deps: DeviceLoginRouteDeps): void {
  const { deviceLogin, replies, callsBeforeLogin: limiter } = deps;
  app.post(
    '/auth/device',
    {
      config: { access: 'public', limit: 'address' },
      bodyLimit: STRANGERS_BODY_LIMIT,
      schema: {
        summary: 'Begin: codes for the device and for the person',
        operationId: 'beginDeviceLogin',
        tags,
        body: DeviceCodeRequest,
        response: { 200: DeviceCode, ...problems('invalid-value') },
      },
    },
    async (request, reply) => reply.send(await deviceLogin.start(request.body.device)),
  );
  app.post(
    '/auth/device/token',
    {
      config: { access: 'public' },
      bodyLimit: STRANGERS_BODY_LIMIT,
      schema: {
        summary: 'Ask whether the person has confirmed',
        operationId: 'redeemDeviceCode',
        tags,
        body: DeviceTokenRequest,
        response: {
          200: SessionAnswer,
          ...problems('authorization-pending', 'slow-down', 'expired-token', 'access-denied'),
        },
      },
    },
    async (request, reply) => {
      const codes = ['slow-down', 'expired-token'] as const;
      const session = await countFailures({ limiter, key: addressKey(request.ip), codes }, () =>
        deviceLogin.redeem(request.body.deviceCode),
      );
      return reply.send(replies.session(request, reply, session));
    },
  );
}

function addPersonsSide(app: App, { deviceLogin, codeGuesses }: DeviceLoginRouteDeps): void {
  const guess = (userId: string) =>
    ({ limiter: codeGuesses, key: userId, codes: ['user-code-not-found'] }) as const;

  app.get(
    '/auth/device',
    {
      schema: {
        summary: 'Which device waits under this code?',
        operationId: 'lookAtWaitingDevice',
        tags,
        querystring: WaitingDeviceQuery,
        response: { 200: WaitingDevice, ...problems('user-code-not-found') },
      },
    },
    async (request, reply) => {
      const { userCode } = request.query;
      const look = () => deviceLogin.look(userCode);
      return reply.send(await countFailures(guess(request.caller.userId), look));
    },
  );
  for (const verdict of ['approve', 'deny'] as const) {
    app.post(
      `/auth/device/${verdict}`,
      {
        schema: {
          summary: verdict === 'approve' ? 'Let the device in' : 'Refuse the device',
          operationId: `${verdict}Device`,
          tags,
          body: DeviceApproveRequest,
          response: {
            204: Type.Null({ description: 'Noted' }),
            ...problems('user-code-not-found'),
          },
        },
      },
      async (request, reply) => {
        const { userId } = request.caller;
        const decide = () => deviceLogin.decide(userId, request.body.userCode, verdict);
        await countFailures(guess(userId), decide);
        return reply.code(204).send(null);
      },
    );
  }
}
