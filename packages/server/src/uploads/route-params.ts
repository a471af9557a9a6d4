import { type FileId, parseId, type UploadId } from '@valise/core/ids';
import { Uuid } from '@valise/core/wire';
import Type from 'typebox';
import type { UploadRef } from './find-upload.ts';

export const tags = ['Uploads'];

export const FileParams = Type.Object({ id: Uuid });

export function refOf(id: string, uploadId: string | undefined, field = 'id'): UploadRef {
  return {
    fileId: parseId<FileId>(id, field),
    uploadId: uploadId === undefined ? null : parseId<UploadId>(uploadId, 'uploadId'),
  };
}
