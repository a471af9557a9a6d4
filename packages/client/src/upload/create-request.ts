import { type ChunkEdit, recordCount, unpackChunks } from '@valise/core/manifest';
import type { CreateUploadRequest } from '@valise/core/wire';
import type { HashedContent } from '../ports.ts';
import type { UploadRequest } from './upload-request.ts';

/**
 * Up to here the chunk list travels inside the create call (83 bytes each, 1 GiB of content);
 * longer ones go by themselves, packed.
 */
export const INLINE_CHUNKS = 4_096;

/** How a content's chunks are told: null, all of them. */
export type ToldEdits = readonly ChunkEdit[] | null;

export interface CreateOptions {
  readonly pin: boolean;
  readonly partHash?: string;
  /** Against `request.base`. */
  readonly edits?: ToldEdits;
}

/** The create call for this content. It carries no id: repeating it resumes by itself. */
export function createRequestFor(
  request: UploadRequest,
  content: HashedContent,
  { pin, partHash, edits = null }: CreateOptions,
): CreateUploadRequest {
  const { name, parentId, mimeType, executable, base } = request;
  const baseVersion = base?.version ?? request.baseVersion;
  const baseVerified = base?.verified ?? request.baseVerified;
  return {
    name,
    parentId,
    mimeType,
    executable,
    modifiedAt: request.modifiedAt.toISOString(),
    size: content.size,
    fingerprint: content.fingerprint,
    ...(edits === null ? chunkList(content.records) : { chunkEdits: toWire(edits) }),
    ...(baseVersion === undefined ? {} : { baseVersion }),
    ...(baseVerified === undefined ? {} : { baseVerified }),
    ...(pin ? { pin: true } : {}),
    ...(partHash === undefined ? {} : { partHash }),
  };
}

function toWire(edits: readonly ChunkEdit[]) {
  return edits.map(({ at, remove, insert }) => ({ at, remove, insert: [...insert] }));
}

function chunkList(records: Uint8Array): Pick<CreateUploadRequest, 'chunks' | 'chunkCount'> {
  const chunkCount = recordCount(records);
  if (chunkCount === 0) return {};
  return chunkCount > INLINE_CHUNKS ? { chunkCount } : { chunks: unpackChunks(records) };
}
