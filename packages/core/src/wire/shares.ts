import Type, { type Static } from 'typebox';
import { User } from './accounts.ts';
import { File } from './files.ts';
import { page, Timestamp, Uuid } from './scalars.ts';

/** People that one call shares with. */
export const SHARE_LIMIT = 1_000;

export const ShareRole = Type.Union([Type.Literal('viewer'), Type.Literal('editor')]);
export type ShareRole = Static<typeof ShareRole>;

export const ShareRequest = Type.Object({
  users: Type.Array(
    Type.String({ minLength: 1, maxLength: 320, description: 'An e-mail address or a user’s id' }),
    { minItems: 1, maxItems: SHARE_LIMIT },
  ),
  role: Type.Optional(ShareRole),
});
export type ShareRequest = Static<typeof ShareRequest>;

/** One person's way to a file: a share of the file itself or of a folder above it. */
export const Share = Type.Object({
  user: User,
  role: ShareRole,
  via: Type.Object({ fileId: Uuid, name: Type.String() }),
});
export type Share = Static<typeof Share>;

export const SharesAnswer = Type.Object({ shares: Type.Array(Share) });
export type SharesAnswer = Static<typeof SharesAnswer>;

export const SharePage = page(Share);
export type SharePage = Static<typeof SharePage>;

export const SharedFile = Type.Object({
  ...File.properties,
  sharedBy: Type.Object({ id: Uuid, name: Type.String() }),
  sharedAt: Timestamp,
});
export type SharedFile = Static<typeof SharedFile>;

export const SharedFilePage = page(SharedFile);
export type SharedFilePage = Static<typeof SharedFilePage>;
