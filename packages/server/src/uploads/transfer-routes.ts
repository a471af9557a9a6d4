import { AppError } from '@valise/core/errors';
import {
  ChunkRecordsAnswer,
  ChunkRecordsQuery,
  ClaimPartsAnswer,
  ClaimPartsRequest,
  PartsAnswer,
  PartUrlsRequest,
  UploadAnswer,
  UploadQuery,
} from '@valise/core/wire';
import Type from 'typebox';
import type { App } from '../http/app.ts';
import { problems } from '../http/problem-responses.ts';
import { toWireFile } from '../tree/wire-file.ts';
import { cancelUpload } from './cancel-upload.ts';
import { claimParts } from './claim-parts.ts';
import { requirePending, requireUpload } from './find-upload.ts';
import { signParts } from './part-urls.ts';
import { putChunkRecords } from './put-chunk-records.ts';
import { fileGone, findResults } from './result-files.ts';
import { FileParams, refOf, tags } from './route-params.ts';
import { refreshUpload } from './store-progress.ts';
import type { UploadDeps } from './upload-deps.ts';
import { uploadNotFound } from './upload-store.ts';
import { viewUpload } from './upload-view.ts';

const params = FileParams;
const whichUpload = problems('file-not-found', 'upload-not-found', 'upload-ambiguous');

/** What happens between beginning and completing. */
export function transferRoutes(app: App, deps: UploadDeps): void {
  addPartUrls(app, deps);
  addProgress(app, deps);
  addChunkRecords(app, deps);
  addCancel(app, deps);
}

function addPartUrls(app: App, deps: UploadDeps): void {
  app.post(
    '/files/:id/upload/urls',
    {
      schema: {
        summary: 'More or fresh part requests',
        operationId: 'signParts',
        tags,
        params,
        body: PartUrlsRequest,
        response: { 200: PartsAnswer, ...whichUpload, ...problems('invalid-value') },
      },
    },
    async (request, reply) => {
      const ref = refOf(request.params.id, request.body.uploadId);
      const row = await requirePending(deps.db, request.caller, ref);
      return reply.send({ parts: await signParts(deps, row, request.body) });
    },
  );
}

function addProgress(app: App, deps: UploadDeps): void {
  app.get(
    '/files/:id/upload',
    {
      schema: {
        summary: 'Where an upload stands, by the store’s own account',
        operationId: 'getUpload',
        tags,
        params,
        querystring: UploadQuery,
        response: { 200: UploadAnswer, ...whichUpload },
      },
    },
    async (request, reply) => {
      const { caller } = request;
      const found = await requirePending(
        deps.db,
        caller,
        refOf(request.params.id, request.query.uploadId),
      );
      const { row, vouched } = await refreshUpload(deps, found);
      const file = (await findResults(deps.db, found.userId, [row.fileId])).get(row.fileId);
      if (file === undefined) throw fileGone();
      return reply.send({
        file: toWireFile(file, caller.userId),
        upload: await viewUpload(deps, row, { vouched }),
      });
    },
  );

  app.patch(
    '/files/:id/chunks',
    {
      schema: {
        summary: 'Claim that parts are at the store',
        description: 'Only what the store vouches for, by size and ETag, counts.',
        operationId: 'claimParts',
        tags,
        params,
        body: ClaimPartsRequest,
        response: { 200: ClaimPartsAnswer, ...whichUpload, ...problems('invalid-value') },
      },
    },
    async (request, reply) => {
      const ref = refOf(request.params.id, request.body.uploadId);
      const row = await requirePending(deps.db, request.caller, ref);
      return reply.send({ parts: await claimParts(deps, row, request.body.parts) });
    },
  );
}

function addChunkRecords(app: App, deps: UploadDeps): void {
  app.put(
    '/files/:id/upload/chunks',
    {
      schema: {
        summary: 'Send a piece of a long chunk list',
        description: 'Records of 36 bytes: a SHA-256 digest and an unsigned 32-bit size.',
        operationId: 'putChunkRecords',
        tags,
        params,
        querystring: ChunkRecordsQuery,
        consumes: ['application/octet-stream'],
        response: { 200: ChunkRecordsAnswer, ...whichUpload, ...problems('chunks-mismatch') },
      },
    },
    async (request, reply) => {
      const { uploadId, from = 0 } = request.query;
      const { body } = request;
      if (!Buffer.isBuffer(body)) {
        throw new AppError('unsupported-media-type', 'Send application/octet-stream.');
      }
      const row = await requirePending(deps.db, request.caller, refOf(request.params.id, uploadId));
      return reply.send({ received: await putChunkRecords(deps, row, { from, records: body }) });
    },
  );
}

function addCancel(app: App, deps: UploadDeps): void {
  app.delete(
    '/files/:id/upload',
    {
      schema: {
        summary: 'Cancel an upload and free what was stored',
        operationId: 'cancelUpload',
        tags,
        params,
        querystring: UploadQuery,
        response: { 204: Type.Null({ description: 'Cancelled' }), ...whichUpload },
      },
    },
    async (request, reply) => {
      const ref = refOf(request.params.id, request.query.uploadId);
      const row = await requireUpload(deps.db, request.caller, ref);
      if (row.state === 'done') throw uploadNotFound();
      await cancelUpload(deps, row.id);
      return reply.code(204).send(null);
    },
  );
}
