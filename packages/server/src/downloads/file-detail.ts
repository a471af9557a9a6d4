import type { FileId } from '@valise/core/ids';
import { CHUNKS_SHOWN, type FileDetail } from '@valise/core/wire';
import type { Caller } from '../http/app.ts';
import { requireVisible } from '../tree/visible-file.ts';
import { toWireFile } from '../tree/wire-file.ts';
import { findPendingUploadView } from '../uploads/pending-view.ts';
import { chunkSourceOf, readChunks } from './chunk-source.ts';
import type { DownloadDeps } from './download-deps.ts';
import { signDownload } from './sign-download.ts';

/** All there is to know of one file; `chunks` at most. Throws `file-not-found`. */
export async function describeFile(
  deps: DownloadDeps,
  caller: Caller,
  { id, chunks = CHUNKS_SHOWN }: { readonly id: FileId; readonly chunks?: number | undefined },
): Promise<FileDetail> {
  const { userId } = caller;
  const file = await requireVisible(deps.db, userId, id);
  const upload = file.row.kind === 'file' ? await findPendingUploadView(deps, caller, id) : null;
  const source = await chunkSourceOf(deps.db, file, upload);
  const download = file.object === null ? null : signDownload(deps, caller, file);
  return {
    file: toWireFile(file, userId),
    chunks: await readChunks(source, { from: 0, limit: chunks }),
    chunksTotal: source.total,
    upload,
    downloadUrl: download?.downloadUrl ?? null,
    downloadUrlExpiresAt: download?.downloadUrlExpiresAt ?? null,
  };
}
