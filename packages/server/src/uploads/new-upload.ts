import { type FingerprintParts, fingerprintOf, parseFingerprint } from '@valise/core/chunking';
import { AppError } from '@valise/core/errors';
import { type FileId, parseClientId, parseId } from '@valise/core/ids';
import { type ChunkEdit, type Manifest, validateChunkList } from '@valise/core/manifest';
import { type FileName, nameKey, parseName } from '@valise/core/names';
import { planUpload, type UploadPlan } from '@valise/core/plan';
import type { ContentEncoding, CreateUploadRequest } from '@valise/core/wire';
import { parseOptionalTime } from '../files/parse-fields.ts';
import { sha256 } from './sha256.ts';
import type { BaseMode } from './upload-row.ts';

interface ChunkList {
  readonly kind: 'list';
  readonly records: Uint8Array;
  readonly count: number;
  readonly fingerprint: string;
}

/** How the client tells the content's chunks. */
export type ChunkSource =
  | { readonly kind: 'none' }
  | ChunkList
  | { readonly kind: 'later'; readonly count: number }
  | { readonly kind: 'edits'; readonly edits: readonly ChunkEdit[] };

/** A file's next version, wherever it is and whatever it is called by the time of the commit. */
export interface FileDestination {
  readonly kind: 'file';
  readonly fileId: FileId;
}

/** The next version of what has this name in this folder, or something new. */
export interface NameDestination {
  readonly kind: 'name';
  readonly parentId: FileId | null;
  readonly name: FileName;
  readonly nameKey: string;
}

/** A create request, checked as far as it can be without looking anywhere. */
export interface NewUpload {
  readonly requestId: FileId | null;
  /** Of all that decides the outcome: a repeat with the same id must say the same. */
  readonly requestHash: Buffer | null;
  readonly to: FileDestination | NameDestination;
  readonly plan: UploadPlan;
  /** Of content that is sent compressed. */
  readonly storedSize: number | null;
  readonly contentEncoding: ContentEncoding | null;
  readonly mimeType: string;
  readonly modifiedAt: Date | null;
  readonly executable: boolean;
  readonly fingerprint: FingerprintParts | null;
  readonly chunks: ChunkSource;
  readonly base: { readonly mode: BaseMode; readonly version: number | null };
  readonly baseVerified: boolean;
  readonly pin: boolean;
  /** Hex SHA-256 of the only part. */
  readonly partHash: string | undefined;
}

export type NamedUpload = NewUpload & { readonly to: NameDestination };

export function isNamed(request: NewUpload): request is NamedUpload {
  return request.to.kind === 'name';
}

/** What the database counts versions with; no file will ever get there. */
const MAX_VERSION = 2 ** 31 - 1;

/** Becomes a header that a signature covers: visible ASCII, single spaces. */
const MIME_TYPE = /^[!-~]+( [!-~]+)*$/;

/**
 * Throws `malformed-request`, `invalid-name`, `invalid-value`, `chunks-mismatch`. `decodable`: in which encodings contents
 * may be stored. Chunk edits are only applied later,
 * when their base is known.
 */
export function parseNewUpload(
  body: CreateUploadRequest,
  decodable: readonly ContentEncoding[] = [],
): NewUpload {
  const to = parseDestination(body);
  const plan = planUpload({ size: body.size });
  if (!MIME_TYPE.test(body.mimeType)) {
    throw invalid('mimeType', 'must be visible ASCII.');
  }
  const chunks = parseChunks(body);
  const fingerprint = parseContent(body, chunks);
  const request = {
    to,
    plan,
    ...parseStoredForm(body, plan, decodable),
    mimeType: body.mimeType,
    modifiedAt: parseOptionalTime(body.modifiedAt, 'modifiedAt') ?? null,
    executable: body.executable ?? false,
    fingerprint: fingerprint === null ? null : parseFingerprint(fingerprint),
    chunks,
    base: parseBase(body.baseVersion),
    baseVerified: body.baseVerified ?? false,
    pin: body.pin ?? false,
    partHash: body.partHash?.slice('sha256:'.length),
  };
  if (body.id === undefined) return { ...request, requestId: null, requestHash: null };
  const { name, parentId } = to.kind === 'name' ? to : { name: null, parentId: null };
  const outcome = [
    [name, body.size, parentId, body.mimeType, request.modifiedAt, request.executable],
    [fingerprint, request.base, chunks.kind === 'edits' ? chunks.edits : null],
    ...(request.contentEncoding === null ? [] : [[request.contentEncoding, request.storedSize]]),
    ...(to.kind === 'file' ? [to.fileId] : []),
  ];
  return {
    ...request,
    requestId: parseClientId<FileId>(body.id, 'id'),
    requestHash: Buffer.from(sha256(Buffer.from(JSON.stringify(outcome)))),
  };
}

function parseDestination(body: CreateUploadRequest): NewUpload['to'] {
  if (body.fileId !== undefined) {
    return { kind: 'file', fileId: parseId<FileId>(body.fileId, 'fileId') };
  }
  if (body.name === undefined) {
    throw new AppError('malformed-request', 'name is missing.', { details: { field: 'name' } });
  }
  const name = parseName(body.name);
  const parentId = body.parentId == null ? null : parseId<FileId>(body.parentId, 'parentId');
  return { kind: 'name', parentId, name, nameKey: nameKey(name) };
}

/** Only what is one PUT can be compressed: a reader of ranges needs the file's own bytes. */
function parseStoredForm(
  { size, storedSize, contentEncoding }: CreateUploadRequest,
  { partCount }: UploadPlan,
  decodable: readonly ContentEncoding[],
): Pick<NewUpload, 'storedSize' | 'contentEncoding'> {
  if (contentEncoding === undefined && storedSize === undefined) {
    return { storedSize: null, contentEncoding: null };
  }
  if (contentEncoding === undefined) throw invalid('contentEncoding', 'goes with storedSize.');
  if (storedSize === undefined) throw invalid('storedSize', 'goes with contentEncoding.');
  if (!decodable.includes(contentEncoding)) {
    throw invalid('contentEncoding', 'is none that this server has decoded for readers.');
  }
  if (partCount !== 1) throw invalid('contentEncoding', 'is for files of one part.');
  if (storedSize < 1 || storedSize >= size) {
    throw invalid('storedSize', 'must be smaller than the size, and not 0.');
  }
  return { storedSize, contentEncoding };
}

function parseChunks(body: CreateUploadRequest): ChunkSource {
  if (body.chunkEdits !== undefined) {
    if (typeof body.baseVersion !== 'number') {
      throw invalid('baseVersion', 'must say which version chunkEdits are against.');
    }
    return { kind: 'edits', edits: body.chunkEdits };
  }
  if (body.chunks !== undefined) {
    const { chunks, size, fingerprint = null } = body;
    return chunkList(validateChunkList({ chunks, size, fingerprint, sha256 }));
  }
  if (body.chunkCount === undefined || body.size === 0) return { kind: 'none' };
  if (body.chunkCount > body.size) {
    throw new AppError('chunks-mismatch', 'There are more chunks than bytes.', {
      details: { field: 'chunkCount' },
    });
  }
  return { kind: 'later', count: body.chunkCount };
}

/** The content's fingerprint as far as it is known: given, or that of the list. */
function parseContent(body: CreateUploadRequest, chunks: ChunkSource): string | null {
  const empty = fingerprintOf(new Uint8Array(), sha256);
  if (body.size === 0) {
    if (body.fingerprint != null && body.fingerprint !== empty) {
      throw new AppError('chunks-mismatch', `The empty file's fingerprint is ${empty}.`, {
        details: { field: 'fingerprint' },
      });
    }
    return empty;
  }
  return body.fingerprint ?? (chunks.kind === 'list' ? chunks.fingerprint : null);
}

export function chunkList(manifest: Manifest): ChunkSource {
  if (manifest.chunkCount === 0) return { kind: 'none' };
  const { records, chunkCount: count, fingerprint } = manifest;
  return { kind: 'list', records, count, fingerprint };
}

function parseBase(version: number | null | undefined): NewUpload['base'] {
  if (version === undefined) return { mode: 'any', version: null };
  if (version === null) return { mode: 'none', version: null };
  return { mode: 'version', version: Math.min(version, MAX_VERSION) };
}

function invalid(field: string, complaint: string): AppError {
  return new AppError('invalid-value', `${field} ${complaint}`, { details: { field } });
}
