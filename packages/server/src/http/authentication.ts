import { AppError } from '@valise/core/errors';
import { addressKey } from './address-key.ts';
import type { App, Caller } from './app.ts';
import type { RateLimiter } from './rate-limiter.ts';

/** Tells who a bearer of an access token is. */
export interface Authenticator {
  /**
   * Answers at once where it can: this stands before every request. Throws `unauthenticated` for a
   * token that is none of ours or over, `session-ended` when its device was revoked,
   * `database-unavailable` when revocations can't be known.
   */
  authenticate(token: string): Caller | Promise<Caller>;
}

/** Lets only signed-in callers through to routes that aren't public, within their limit. */
export function addAuthentication(
  app: App,
  authenticator: Authenticator,
  limits: { readonly perUser: RateLimiter; readonly perAddress: RateLimiter },
): void {
  app.decorateRequest('caller');
  app.addHook('onRequest', async (request) => {
    if (request.is404) return;
    const { access, limit } = request.routeOptions.config;
    if (limit === 'address') limits.perAddress.take(addressKey(request.ip));
    if (access === 'public') return;
    const caller = authenticator.authenticate(bearerOf(request.headers.authorization));
    const known = caller instanceof Promise ? await caller : caller;
    request.caller = { ...known, address: plainAddress(request.ip) };
    limits.perUser.take(request.caller.userId);
  });
}

/** As other servers write it, which don't listen for both families at once. */
function plainAddress(ip: string): string {
  return ip.replace(/^::ffff:(?=\d+\.)/, '');
}

function bearerOf(header: string | undefined): string {
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(header ?? '')?.[1];
  if (token === undefined) {
    throw new AppError('unauthenticated', 'Send "Authorization: Bearer <access token>".');
  }
  return token;
}
