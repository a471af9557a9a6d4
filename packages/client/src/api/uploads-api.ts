import type { AppError } from '@valise/core/errors';
import {
  ChunkRecordsAnswer,
  type ClaimPartsAnswer,
  ClaimPartsAnswer as ClaimPartsAnswerSchema,
  CompleteUploadsAnswer,
  type ContentEncoding,
  type CreateUploadRequest,
  CreateUploadsAnswer,
  type File,
  FileAnswer,
  type Part,
  PartsAnswer,
  UploadAnswer,
} from '@valise/core/wire';
import { ClientError } from '../errors/client-error.ts';
import { problemError } from './answer-errors.ts';
import type { ApiHttp, CallOptions } from './api-http.ts';
import { filePath } from './files-api.ts';
import { createKnownCapabilities } from './known-capabilities.ts';

/** Names one pending upload. */
export interface UploadRef {
  readonly fileId: string;
  readonly uploadId: string;
}

export interface PartHashes {
  readonly partNumbers: readonly number[];
  /** By part number, for pinned uploads: `sha256:…` of the part's bytes. */
  readonly hashes?: Readonly<Record<string, string>>;
}

export interface PartClaim {
  readonly partNumber: number;
  readonly etag: string;
}

/** A batch's answer to one request. */
export type BatchResult<T> = T | { readonly error: AppError | ClientError };

/** Uploads: bytes go to the store by the requests that come from here. */
export interface UploadsApi {
  /** In which encodings small contents may be sent. */
  contentEncodings(options?: CallOptions): Promise<readonly ContentEncoding[]>;
  create(request: CreateUploadRequest, options?: CallOptions): Promise<UploadAnswer>;
  createMany(
    requests: readonly CreateUploadRequest[],
    options?: CallOptions,
  ): Promise<BatchResult<UploadAnswer>[]>;
  /** Sends chunk records from number `from` on; answers how many the server holds now. */
  sendRecords(
    upload: UploadRef,
    records: { readonly from: number; readonly bytes: Uint8Array },
    options?: CallOptions,
  ): Promise<number>;
  state(upload: UploadRef, options?: CallOptions): Promise<UploadAnswer>;
  /** Fresh requests for up to 500 parts. */
  partUrls(upload: UploadRef, parts: PartHashes, options?: CallOptions): Promise<Part[]>;
  claim(
    upload: UploadRef,
    parts: readonly PartClaim[],
    options?: CallOptions,
  ): Promise<ClaimPartsAnswer['parts']>;
  /** `assembling`: ask again. Throws `parts-missing` with `details.missing`. */
  complete(
    upload: UploadRef,
    options?: CallOptions,
  ): Promise<{ readonly file: File; readonly assembling: boolean }>;
  completeMany(
    uploads: readonly UploadRef[],
    options?: CallOptions,
  ): Promise<BatchResult<{ readonly file: File }>[]>;
  cancel(upload: UploadRef, options?: CallOptions): Promise<void>;
}

export function createUploadsApi(http: ApiHttp, now: () => number): UploadsApi {
  const known = createKnownCapabilities(http, now);
  return {
    contentEncodings: (options) => known.contentEncodings(options),
    async create(body, options) {
      const request = { method: 'POST', path: '/files/presigned-url', body } as const;
      try {
        return (await http.json(request, UploadAnswer, options)).body;
      } catch (error) {
        known.learnFrom(error);
        throw error;
      }
    },
    async createMany(files, options) {
      const request = { method: 'POST', path: '/files/presigned-urls', body: { files } } as const;
      const { body } = await http.json(request, CreateUploadsAnswer, options);
      const results = inOrder(body.results, files.length).map((result) =>
        orError<UploadAnswer>(result),
      );
      for (const result of results) if ('error' in result) known.learnFrom(result.error);
      return results;
    },
    async sendRecords({ fileId, uploadId }, { from, bytes }, options) {
      const path = `${filePath(fileId)}/upload/chunks`;
      const request = { method: 'PUT', path, query: { uploadId, from }, body: bytes } as const;
      return (await http.json(request, ChunkRecordsAnswer, options)).body.received;
    },
    async state({ fileId, uploadId }, options) {
      const path = `${filePath(fileId)}/upload`;
      const request = { method: 'GET', path, query: { uploadId } } as const;
      return (await http.json(request, UploadAnswer, options)).body;
    },
    async partUrls({ fileId, uploadId }, parts, options) {
      const path = `${filePath(fileId)}/upload/urls`;
      const request = { method: 'POST', path, body: { uploadId, ...parts } } as const;
      return (await http.json(request, PartsAnswer, options)).body.parts;
    },
    async claim({ fileId, uploadId }, parts, options) {
      const path = `${filePath(fileId)}/chunks`;
      const request = { method: 'PATCH', path, body: { uploadId, parts } } as const;
      return (await http.json(request, ClaimPartsAnswerSchema, options)).body.parts;
    },
    async complete({ fileId, uploadId }, options) {
      const path = `${filePath(fileId)}/complete`;
      const request = { method: 'POST', path, body: { uploadId } } as const;
      const { status, body } = await http.json(request, FileAnswer, options);
      return { file: body.file, assembling: status === 202 };
    },
    async completeMany(uploads, options) {
      const request = { method: 'POST', path: '/files/complete', body: { uploads } } as const;
      const { body } = await http.json(request, CompleteUploadsAnswer, options);
      return inOrder(body.results, uploads.length).map((result) =>
        orError<{ readonly file: File }>(result),
      );
    },
    cancel: ({ fileId, uploadId }, options) =>
      http.none(
        { method: 'DELETE', path: `${filePath(fileId)}/upload`, query: { uploadId } },
        options,
      ),
  };
}

/** In a batch every result stands at its request's place. */
export function inOrder<T>(results: readonly T[], expected: number): readonly T[] {
  if (results.length === expected) return results;
  throw new ClientError('broken-answer', 'The batch has not one result per request.');
}

export function orError<T extends object>(result: T | { readonly error: unknown }): BatchResult<T> {
  if (!('error' in result)) return result;
  const error =
    problemError(result.error) ??
    new ClientError('broken-answer', 'The server refused, with a reason that this client lacks.');
  return { error };
}
