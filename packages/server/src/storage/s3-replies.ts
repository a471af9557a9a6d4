import { AppError } from '@valise/core/errors';
import { isEncrypted } from './encryption.ts';
import type { S3Reply } from './s3-caller.ts';
import type { StoreSettings } from './store-settings.ts';

/** A store that doesn't know the header ignores it, and people would believe their files encrypted. */
export function expectEncryption(reply: S3Reply, settings: StoreSettings): void {
  if (isEncrypted(reply.headers, settings)) return;
  throw new AppError(
    'store-unencrypted',
    `The object store does not encrypt as S3_SSE=${settings.sse} asks it to: whoever runs the server has to see to it.`,
  );
}

export function unquote(etag: string): string {
  return etag.replace(/^"|"$/g, '');
}

/** Whether the store says that there is no such upload or key; throws if it is the bucket. */
export function isMissing(reply: S3Reply): boolean {
  if (reply.status !== 404) return false;
  if (reply.body.includes('<Code>NoSuchBucket</Code>')) throw unexpected(reply);
  return true;
}

export function expect(reply: S3Reply, ...statuses: readonly number[]): void {
  if (!statuses.includes(reply.status)) throw unexpected(reply);
}

/** The store's code goes to the log by `cause`; the caller only learns that it's the store. */
export function unexpected(reply: S3Reply): AppError {
  const code = /<Code>([A-Za-z]+)<\/Code>/.exec(reply.body)?.[1] ?? 'no code';
  const cause = new Error(`The store answered ${reply.status} ${code}`);
  if (reply.status === 507 || code === 'InsufficientStorage' || code === 'QuotaExceeded') {
    return new AppError('storage-full', 'The object store has no space left.', { cause });
  }
  return new AppError('store-unavailable', 'The object store refused a request of ours.', {
    cause,
  });
}
