import { type TransferDeps, type UploadRef, type UploadResult, uploadFile } from '@valise/client';
import type { BlobHasher } from '../../platform/hashing/blob-hasher.ts';
import type { Transfer } from './transfer.ts';
import type { UploadJournal } from './upload-journal.ts';
import { uploadRequestOf } from './upload-request-of.ts';

export interface LargeDeps extends Omit<TransferDeps, 'hasher'> {
  readonly blobHasher: BlobHasher;
}

export interface LargeLane {
  readonly journal: UploadJournal;
  onPending(transfer: Transfer, upload: UploadRef): void;
}

/**
 * Sends one large file. What was hashed once isn't hashed again after a reload: the uploader checks
 * every buffer that it sends against that list anyway.
 */
export async function sendLarge(
  { blobHasher, ...deps }: LargeDeps,
  transfer: Transfer,
  { journal, onPending }: LargeLane,
): Promise<UploadResult> {
  const { control, stop } = transfer.start();
  const request = uploadRequestOf(transfer);
  const { file } = transfer;
  const hasher: TransferDeps['hasher'] = {
    async hash(_source, options = {}) {
      const known = await journal.hashOf(transfer.id);
      if (known !== undefined) return known;
      if (file === null) throw new Error('There is no file to hash.');
      const content = await blobHasher.hash(file, options);
      await journal.saveHash(transfer.id, content);
      return content;
    },
  };
  const { signal } = stop;
  return uploadFile({ ...deps, hasher }, request, {
    signal,
    control,
    onPending: (upload) => onPending(transfer, upload),
    onProgress: ({ phase, bytes }) => {
      // What is stopped still takes back the bytes of its parts.
      if (signal.aborted || control.state !== 'running') return;
      transfer.set(phase, bytes);
    },
  });
}
