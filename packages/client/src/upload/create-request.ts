import { type ChunkEdit, recordCount, unpackChunks } from '@valise/core/manifest';
import type { CreateUploadRequest } from '@valise/core/wire';
import type { HashedContent } from '../ports.ts';
import type { KnownVersion } from './known-version.ts';
import type { SmallContent } from './small-content.ts';
import type { UploadRequest } from './upload-request.ts';

/**
 * Up to here the chunk list travels inside the create call (83 bytes each, 1 GiB of content);
 * longer ones go by themselves, packed.
 */
export const INLINE_CHUNKS = 4_096;

export interface CreateOptions {
  readonly pin: boolean;
  /** Of content that is one PUT. */
  readonly small?: SmallContent;
  /** What it is an edit of; `edits` are against this. */
  readonly base?: KnownVersion | null;
  readonly edits?: readonly ChunkEdit[] | null;
}

/** The create call for this content. It carries no id: repeating it resumes by itself. */
export function createRequestFor(
  request: UploadRequest,
  content: HashedContent,
  { pin, small, base = null, edits = null }: CreateOptions,
): CreateUploadRequest {
  const { fileId, name, parentId, mimeType, executable } = request;
  const baseVersion = base?.version ?? request.baseVersion;
  const baseVerified = base?.verified ?? request.baseVerified;
  return {
    ...(fileId === undefined ? { name, parentId } : { fileId }),
    mimeType,
    executable,
    modifiedAt: request.modifiedAt.toISOString(),
    size: content.size,
    fingerprint: content.fingerprint,
    ...(edits === null ? chunkList(content.records) : { chunkEdits: toWire(edits) }),
    ...(baseVersion === undefined ? {} : { baseVersion }),
    ...(baseVerified === undefined ? {} : { baseVerified }),
    ...(pin ? { pin: true } : {}),
    ...(small === undefined ? {} : onlyPart(small)),
  };
}

function onlyPart({ partHash, contentEncoding, body }: SmallContent) {
  if (contentEncoding === null) return { partHash };
  return { partHash, contentEncoding, storedSize: body.length };
}

function toWire(edits: readonly ChunkEdit[]) {
  return edits.map(({ at, remove, insert }) => ({ at, remove, insert: [...insert] }));
}

function chunkList(records: Uint8Array): Pick<CreateUploadRequest, 'chunks' | 'chunkCount'> {
  const chunkCount = recordCount(records);
  if (chunkCount === 0) return {};
  return chunkCount > INLINE_CHUNKS ? { chunkCount } : { chunks: unpackChunks(records) };
}
