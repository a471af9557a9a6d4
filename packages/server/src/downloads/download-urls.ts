import { AppError, isAppError } from '@valise/core/errors';
import { type FileId, parseId } from '@valise/core/ids';
import type { DownloadUrl, DownloadUrlsRequest } from '@valise/core/wire';
import type { Caller } from '../http/app.ts';
import { findVisible, type VisibleFile } from '../tree/visible-file.ts';
import { type CookieLinks, NO_COOKIES, offerCookies } from './cookie-links.ts';
import type { DownloadDeps } from './download-deps.ts';
import { signDownload } from './sign-download.ts';

export interface DownloadUrls {
  /** Each result, or failure, at its request's place. */
  readonly answers: readonly (DownloadUrl | AppError)[];
  /** `Set-Cookie` headers that some of the URLs rest on. */
  readonly setCookies: readonly string[];
}

/** One look-up for all. */
export async function downloadUrls(
  deps: DownloadDeps,
  caller: Caller,
  { fileIds, cookies = false }: DownloadUrlsRequest,
): Promise<DownloadUrls> {
  const ids = fileIds.map((id) => parseId<FileId>(id, 'fileIds'));
  const files = await findVisible(deps.db, caller.userId, ids);
  const links = cookies ? await offerCookies(deps, caller, files.values()) : NO_COOKIES;
  const answers = ids.map((id) => answerOf(deps, caller, { id, file: files.get(id), links }));
  return { answers, setCookies: links.headers };
}

function answerOf(
  deps: DownloadDeps,
  caller: Caller,
  of: {
    readonly id: FileId;
    readonly file: VisibleFile | undefined;
    readonly links: CookieLinks;
  },
): DownloadUrl | AppError {
  const { id, file, links } = of;
  if (file === undefined) return new AppError('file-not-found', `There is no file ${id}.`);
  try {
    return links.urlFor(file) ?? signDownload(deps, caller, file);
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}
