import type { FileId } from '@valise/core/ids';
import type { FileDetail } from '@valise/core/wire';
import type { Caller } from '../http/app.ts';
import { requireVisible } from '../tree/visible-file.ts';
import { toWireFile } from '../tree/wire-file.ts';
import { viewProgress } from '../uploads/upload-view.ts';
import { chunkSourceOf, readChunks } from './chunk-source.ts';
import type { DownloadDeps } from './download-deps.ts';
import { findPendingUpload } from './pending-upload.ts';
import { signDownload } from './sign-download.ts';

/** More are listed by `GET /files/{id}/chunks`. */
const CHUNKS_SHOWN = 1000;

/** All there is to know of one file. Throws `file-not-found`. */
export async function describeFile(
  deps: DownloadDeps,
  { userId }: Caller,
  id: FileId,
): Promise<FileDetail> {
  const file = await requireVisible(deps.db, userId, id);
  const pending = file.row.kind === 'file' ? await findPendingUpload(deps.db, userId, id) : null;
  const source = chunkSourceOf(deps.db, file, pending);
  const download = file.object === null ? null : signDownload(deps, file);
  return {
    file: toWireFile(file, userId),
    chunks: await readChunks(source, { from: 0, limit: CHUNKS_SHOWN }),
    chunksTotal: source.total,
    upload: pending === null ? null : viewProgress(pending.row, pending.vouched),
    downloadUrl: download?.downloadUrl ?? null,
    downloadUrlExpiresAt: download?.downloadUrlExpiresAt ?? null,
  };
}
