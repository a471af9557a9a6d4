import { AppError } from '@valise/core/errors';
import type { DownloadUrl } from '@valise/core/wire';
import type { Caller } from '../http/app.ts';
import { requireUploaded, type VisibleFile } from '../tree/visible-file.ts';
import type { DownloadDeps } from './download-deps.ts';

/** Throws `not-uploaded`; `invalid-value` for what has no content. */
export function signDownload(
  { storage }: DownloadDeps,
  { address }: Caller,
  file: VisibleFile,
): DownloadUrl {
  requireUploaded(file);
  const { row, object } = file;
  if (object === null) throw new AppError('invalid-value', `A ${row.kind} has no content.`);
  const { url, expiresAt } = storage.downloads.sign({
    key: object.key,
    name: row.name,
    mimeType: row.mimeType ?? 'application/octet-stream',
    size: object.size,
    contentEncoding: object.contentEncoding,
    address,
  });
  return { fileId: row.id, downloadUrl: url, downloadUrlExpiresAt: expiresAt.toISOString() };
}
