import { AppError, isAppError } from '@valise/core/errors';
import { type FileId, parseId } from '@valise/core/ids';
import type { DownloadUrl } from '@valise/core/wire';
import type { Caller } from '../http/app.ts';
import { findVisible } from '../tree/visible-file.ts';
import type { DownloadDeps } from './download-deps.ts';
import { signDownload } from './sign-download.ts';

/** One look-up for all; each result, or failure, at its request's place. */
export async function downloadUrls(
  deps: DownloadDeps,
  caller: Caller,
  fileIds: readonly string[],
): Promise<readonly (DownloadUrl | AppError)[]> {
  const ids = fileIds.map((id) => parseId<FileId>(id, 'fileIds'));
  const files = await findVisible(deps.db, caller.userId, ids);
  return ids.map((id) => {
    try {
      const file = files.get(id);
      if (file === undefined) throw new AppError('file-not-found', `There is no file ${id}.`);
      return signDownload(deps, caller, file);
    } catch (error) {
      if (isAppError(error)) return error;
      throw error;
    }
  });
}
