import Type, { type Static } from 'typebox';
import { File } from './files.ts';
import { Cursor, Uuid } from './scalars.ts';

/** Changes on a page that goes on from a cursor … */
export const CHANGES_LIMIT = 1_000;
/** … and on one of a listing: without `since`, or going on with its cursor. */
export const LISTING_LIMIT = 10_000;

export const Upsert = Type.Object({ type: Type.Literal('upsert'), file: File });
export type Upsert = Static<typeof Upsert>;

export const Remove = Type.Object({
  type: Type.Literal('remove'),
  fileId: Uuid,
  reason: Type.Union([Type.Literal('deleted'), Type.Literal('unshared')]),
});
export type Remove = Static<typeof Remove>;

/** The newest state of one file, as the caller sees it. */
export const ChangeEvent = Type.Union([Upsert, Remove]);
export type ChangeEvent = Static<typeof ChangeEvent>;

export const ChangesQuery = Type.Object({
  since: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1024,
      description: 'A cursor, or an RFC 3339 time (then some changes may come again)',
    }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LISTING_LIMIT,
      description: `At most ${CHANGES_LIMIT}; ${LISTING_LIMIT} while listing`,
    }),
  ),
});
export type ChangesQuery = Static<typeof ChangesQuery>;

export const ChangesAnswer = Type.Object({
  changes: Type.Array(ChangeEvent),
  cursor: Cursor,
  hasMore: Type.Boolean(),
});
export type ChangesAnswer = Static<typeof ChangesAnswer>;

/** First value of `Sec-WebSocket-Protocol`; browsers send their access token as the second. */
export const LIVE_PROTOCOL = 'valise.v1';

/** Where this device's feed stands. */
export const LiveHello = Type.Object({ type: Type.Literal('hello'), cursor: Cursor });
/** To be applied by who stands at `from`; everyone else polls. */
export const LiveChanges = Type.Object({
  type: Type.Literal('changes'),
  from: Cursor,
  changes: Type.Array(ChangeEvent),
  cursor: Cursor,
});
/** There is more than fits here: poll. */
export const LivePoll = Type.Object({ type: Type.Literal('poll') });

export const LiveMessage = Type.Union([LiveHello, LiveChanges, LivePoll]);
export type LiveMessage = Static<typeof LiveMessage>;

/** Why the server closed a live socket, beyond the codes of RFC 6455. */
export const LIVE_CLOSE = {
  /** The access token ran out or the login ended: renew the token, then connect again. */
  loginEnded: 4401,
  /** The device was revoked: sign in anew. */
  deviceRevoked: 4403,
  /** A newer socket of this device took the place: come back later, and poll until then. */
  replaced: 4409,
} as const;
