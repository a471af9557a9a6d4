import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '@valise/core/errors';
import { addressKey } from './address-key.ts';
import type { App, Authenticator } from './app.ts';
import type { RateLimiter } from './rate-limiter.ts';

/** Lets only signed-in callers through to routes that aren't public, within their limit. */
export function addAuthentication(
  app: App,
  authenticator: Authenticator,
  limits: { readonly perUser: RateLimiter; readonly perAddress: RateLimiter },
): void {
  app.decorateRequest('caller');
  app.decorateRequest('token');
  app.decorate('authenticator', authenticator);
  app.addHook('onRequest', async (request) => {
    if (request.is404) return;
    const { access, limit, token } = request.routeOptions.config;
    if (limit === 'address') limits.perAddress.take(addressKey(request.ip));
    if (access === 'public') return;
    request.token =
      token === 'protocol' ? tokenInProtocol(request.headers) : bearerOf(request.headers);
    const caller = authenticator.authenticate(request.token);
    const known = caller instanceof Promise ? await caller : caller;
    request.caller = { ...known, address: plainAddress(request.ip) };
    limits.perUser.take(request.caller.userId);
  });
}

/** As other servers write it, which don't listen for both families at once. */
function plainAddress(ip: string): string {
  return ip.replace(/^::ffff:(?=\d+\.)/, '');
}

function bearerOf({ authorization }: IncomingHttpHeaders): string {
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) {
    throw new AppError('unauthenticated', 'Send "Authorization: Bearer <access token>".');
  }
  return token;
}

/** A browser's socket can't send `Authorization`; it names its token as a second protocol. */
function tokenInProtocol(headers: IncomingHttpHeaders): string {
  const token = headers['sec-websocket-protocol']?.split(',')[1]?.trim();
  return headers.authorization === undefined && token ? token : bearerOf(headers);
}
