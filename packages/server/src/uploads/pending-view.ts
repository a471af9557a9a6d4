import type { FileId } from '@valise/core/ids';
import type { Upload } from '@valise/core/wire';
import type { Caller } from '../http/app.ts';
import { readParts } from './part-store.ts';
import type { UploadDeps } from './upload-deps.ts';
import { findPendingOfFiles } from './upload-store.ts';
import { viewProgress } from './upload-view.ts';

/**
 * The caller's pending upload of a file (the newest of several), as far as we know without asking
 * the store; null when there is none. It carries no requests: `GET /files/{id}/upload` does.
 */
export async function findPendingUploadView(
  deps: Pick<UploadDeps, 'db'>,
  caller: Caller,
  fileId: FileId,
): Promise<Upload | null> {
  const [row] = await findPendingOfFiles(deps.db, caller.userId, [fileId]);
  if (row === undefined) return null;
  return viewProgress(deps, row, await readParts(deps.db, row.id));
}
