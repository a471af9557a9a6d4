/**
 * The closed list of everything that can go wrong on the wire. One row per code, in one place:
 * its HTTP status, a fixed human title, and what a client does about it.
 *
 *  - `retry`    transient: the same request may succeed later (with back-off)
 *  - `renew`    the caller's credentials or URL are stale: renew them, then repeat once
 *  - `give-up`  permanent until someone changes the request or the world
 */
export type Remedy = 'retry' | 'renew' | 'give-up';

export interface ErrorRow {
  readonly status: number;
  readonly title: string;
  readonly remedy: Remedy;
}

export const ERRORS = {
  'malformed-request': { status: 400, title: 'The request is malformed', remedy: 'give-up' },
  'authorization-pending': { status: 400, title: 'Not confirmed yet', remedy: 'retry' },
  'slow-down': { status: 400, title: 'Asked too often', remedy: 'retry' },
  'expired-token': { status: 400, title: 'The device code has expired', remedy: 'give-up' },
  'access-denied': { status: 400, title: 'The login was refused', remedy: 'give-up' },
  unauthenticated: { status: 401, title: 'Sign in first', remedy: 'renew' },
  'bad-credentials': { status: 401, title: 'Wrong address or password', remedy: 'give-up' },
  'session-ended': { status: 401, title: 'This login has ended', remedy: 'give-up' },
  forbidden: { status: 403, title: 'Not allowed', remedy: 'give-up' },
  'registration-closed': { status: 403, title: 'Registration is closed', remedy: 'give-up' },
  'not-found': { status: 404, title: 'Nothing here', remedy: 'give-up' },
  'file-not-found': { status: 404, title: 'No such file', remedy: 'give-up' },
  'upload-not-found': { status: 404, title: 'No such upload', remedy: 'give-up' },
  'device-not-found': { status: 404, title: 'No such device', remedy: 'give-up' },
  'user-code-not-found': { status: 404, title: 'No such code', remedy: 'give-up' },
  'version-unknown': { status: 404, title: 'That version is not known', remedy: 'give-up' },
  'method-not-allowed': { status: 405, title: 'Not a method of this address', remedy: 'give-up' },
  'request-timeout': { status: 408, title: 'The request took too long', remedy: 'retry' },
  'name-taken': { status: 409, title: 'The name is taken', remedy: 'give-up' },
  'id-taken': { status: 409, title: 'The id was used for something else', remedy: 'give-up' },
  'email-taken': { status: 409, title: 'The address is taken', remedy: 'give-up' },
  cycle: { status: 409, title: 'A folder cannot lie inside itself', remedy: 'give-up' },
  'cross-owner': { status: 409, title: 'Cannot move between owners', remedy: 'give-up' },
  'changed-since': { status: 409, title: 'Changed since you saw it', remedy: 'give-up' },
  'upload-ambiguous': { status: 409, title: 'Several uploads are pending', remedy: 'give-up' },
  'parts-missing': { status: 409, title: 'Parts are missing', remedy: 'give-up' },
  'chunks-incomplete': { status: 409, title: 'The chunk list is incomplete', remedy: 'give-up' },
  'not-uploaded': { status: 409, title: 'The content is not uploaded yet', remedy: 'give-up' },
  'target-gone': { status: 410, title: 'The target was removed for good', remedy: 'give-up' },
  'cursor-expired': { status: 410, title: 'The cursor is too old', remedy: 'give-up' },
  'feed-reset': { status: 410, title: 'The feed began anew', remedy: 'give-up' },
  'body-too-large': { status: 413, title: 'The body is too large', remedy: 'give-up' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type', remedy: 'give-up' },
  'invalid-value': { status: 422, title: 'A value makes no sense', remedy: 'give-up' },
  'invalid-name': { status: 422, title: 'Not a usable name', remedy: 'give-up' },
  'not-a-folder': { status: 422, title: 'Not a folder', remedy: 'give-up' },
  'too-deep': { status: 422, title: 'Folders nest too deeply', remedy: 'give-up' },
  'chunks-mismatch': { status: 422, title: 'The chunk list does not fit', remedy: 'give-up' },
  'unknown-users': { status: 422, title: 'Unknown people', remedy: 'give-up' },
  'bad-cursor': { status: 422, title: 'Not a cursor of this feed', remedy: 'give-up' },
  'rate-limited': { status: 429, title: 'Too many requests', remedy: 'retry' },
  'too-many-uploads': { status: 429, title: 'Too many pending uploads', remedy: 'retry' },
  internal: { status: 500, title: 'Something broke on the server', remedy: 'retry' },
  'store-unencrypted': {
    status: 500,
    title: 'The object store does not encrypt as it must',
    remedy: 'give-up',
  },
  'store-unavailable': { status: 503, title: 'The object store is away', remedy: 'retry' },
  'database-unavailable': { status: 503, title: 'The database is away', remedy: 'retry' },
  'shutting-down': { status: 503, title: 'The server is stopping', remedy: 'retry' },
  'storage-full': { status: 507, title: 'No space is left', remedy: 'retry' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[];

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value);
}
