import { recordCount, unpackChunks } from '@valise/core/manifest';
import type { CreateUploadRequest } from '@valise/core/wire';
import type { HashedContent } from '../ports.ts';
import type { UploadRequest } from './upload-request.ts';

/**
 * Up to here the chunk list travels inside the create call (83 bytes each, 1 GiB of content);
 * longer ones go by themselves, packed.
 */
export const INLINE_CHUNKS = 4_096;

/** The create call for this content. It carries no id: repeating it resumes by itself. */
export function createRequestFor(
  request: UploadRequest,
  content: HashedContent,
  options: { readonly pin: boolean; readonly partHash?: string },
): CreateUploadRequest {
  const { name, parentId, mimeType, executable, baseVersion, baseVerified } = request;
  return {
    name,
    parentId,
    mimeType,
    executable,
    modifiedAt: request.modifiedAt.toISOString(),
    size: content.size,
    fingerprint: content.fingerprint,
    ...chunkList(content.records),
    ...(baseVersion === undefined ? {} : { baseVersion }),
    ...(baseVerified === undefined ? {} : { baseVerified }),
    ...(options.pin ? { pin: true } : {}),
    ...(options.partHash === undefined ? {} : { partHash: options.partHash }),
  };
}

function chunkList(records: Uint8Array): Pick<CreateUploadRequest, 'chunks' | 'chunkCount'> {
  const chunkCount = recordCount(records);
  if (chunkCount === 0) return {};
  return chunkCount > INLINE_CHUNKS ? { chunkCount } : { chunks: unpackChunks(records) };
}
