import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { DeviceId, UserId } from '@valise/core/ids';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';

/** Fastify with our schemas as types. Every feature offers `(app: App) => void` routes. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Who asks: known from the access token alone. */
export interface Caller {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  /** Where the call came from, as far as proxies are trusted; download links may be bound to it. */
  readonly address?: string;
}

/** Tells who a bearer of an access token is. */
export interface Authenticator {
  /**
   * Answers at once where it can: this stands before every request. Throws `unauthenticated` for a
   * token that is none of ours or over, `session-ended` when its login ended (`details.end` says
   * how: `logged-out` or `revoked`),
   * `database-unavailable` when revocations can't be known.
   */
  authenticate(token: string): Caller | Promise<Caller>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before the handler on every route that isn't `access: 'public'`. */
    caller: Caller;
    /** The access token that says so. */
    token: string;
  }
  interface FastifyInstance {
    /** For what outlives its request and has to ask again. */
    readonly authenticator: Authenticator;
  }
  interface FastifyContextConfig {
    /** Routes need a signed-in caller unless they say `public`. */
    access?: 'public';
    /** `address`: every call counts against the limit of calls before login. */
    limit?: 'address';
    /** The token may also come as the second value of `Sec-WebSocket-Protocol`. */
    token?: 'protocol';
  }
}
