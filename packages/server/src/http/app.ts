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

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before the handler on every route that isn't `access: 'public'`. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** Routes need a signed-in caller unless they say `public`. */
    access?: 'public';
    /** `address`: every call counts against the limit of calls before login. */
    limit?: 'address';
  }
}
