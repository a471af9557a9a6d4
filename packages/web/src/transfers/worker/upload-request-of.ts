import { ClientError, type UploadRequest } from '@valise/client';
import { blobSource } from './blob-source.ts';
import type { Transfer } from './transfer.ts';

export type TransferRequest = UploadRequest & { readonly transfer: Transfer };

/** What the uploader is given for a transfer that has its place and its file. */
export function uploadRequestOf(transfer: Transfer): TransferRequest {
  const { file, place, entry } = transfer;
  if (file === null || place === undefined) throw new Error('It isn’t ready to be sent.');
  const beforeRead = () => {
    if (transfer.phase === 'cancelled') throw new ClientError('cancelled');
  };
  return {
    transfer,
    source: blobSource(file, beforeRead),
    name: place.name,
    parentId: place.folderId,
    ...(place.fileId === undefined ? {} : { fileId: place.fileId }),
    mimeType: entry.mimeType,
    modifiedAt: new Date(entry.lastModified),
    executable: false,
    baseVersion: place.baseVersion,
  };
}
