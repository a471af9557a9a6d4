import type { DownloadUrl } from '@valise/core/wire';
import type { Caller } from '../http/app.ts';
import { requireUploaded, type VisibleFile } from '../tree/visible-file.ts';
import { batchPrefix } from '../uploads/object-keys.ts';
import type { DownloadDeps } from './download-deps.ts';
import { findOpenBatches } from './open-batches.ts';

/** Links that are opened by cookies instead of signatures of their own. */
export interface CookieLinks {
  /** Whole `Set-Cookie` headers. */
  readonly headers: readonly string[];
  /** Null for a file that no cookie opens. Throws `not-uploaded`. */
  urlFor(file: VisibleFile): DownloadUrl | null;
}

export const NO_COOKIES: CookieLinks = { headers: [], urlFor: () => null };

/** For the largest batches among these files that may be opened as a whole, if the CDN takes cookies. */
export async function offerCookies(
  { db, storage: { cookies } }: DownloadDeps,
  { userId, address }: Caller,
  files: Iterable<VisibleFile>,
): Promise<CookieLinks> {
  if (cookies === null) return NO_COOKIES;
  const covered = [...files].filter(({ object }) => object !== null && cookies.covers(object.key));
  const batches = await findOpenBatches(db, userId, covered);
  const signed = new Map([...batches].map((prefix) => [prefix, cookies.sign(prefix, { address })]));
  return {
    headers: [...signed.values()].flatMap((one) => one.headers),
    urlFor(file) {
      const { row, object } = file;
      const found = object === null ? undefined : signed.get(batchPrefix(object.key));
      if (object === null || found === undefined || !cookies.covers(object.key)) return null;
      requireUploaded(file);
      return {
        fileId: row.id,
        downloadUrl: cookies.urlOf(object.key),
        downloadUrlExpiresAt: found.expiresAt.toISOString(),
        needsCookies: true,
      };
    },
  };
}
