import { type AppError, isAppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import {
  CompleteUploadRequest,
  CompleteUploadsAnswer,
  CompleteUploadsRequest,
  FileAnswer,
} from '@valise/core/wire';
import type { App, Caller } from '../http/app.ts';
import { batchResults } from '../http/batch-results.ts';
import { problems } from '../http/problem-responses.ts';
import { toWireFile } from '../tree/wire-file.ts';
import { completePatiently } from './complete-patiently.ts';
import type { Completion } from './complete-uploads.ts';
import { findUploadsMeant, requireUpload } from './find-upload.ts';
import { fileGone, findResults } from './result-files.ts';
import { FileParams, refOf, tags } from './route-params.ts';
import type { UploadDeps } from './upload-deps.ts';
import { uploadNotFound } from './upload-store.ts';

export function completionRoutes(app: App, deps: UploadDeps): void {
  addCompleteOne(app, deps);
  addCompleteMany(app, deps);
}

function addCompleteOne(app: App, deps: UploadDeps): void {
  app.post(
    '/files/:id/complete',
    {
      schema: {
        summary: 'Turn the uploaded parts into the file’s content',
        description: '202 while the store still assembles: ask again.',
        operationId: 'completeUpload',
        tags,
        params: FileParams,
        body: CompleteUploadRequest,
        response: {
          200: FileAnswer,
          202: FileAnswer,
          ...problems(
            'file-not-found',
            'upload-not-found',
            'forbidden',
            'upload-ambiguous',
            'parts-missing',
            'chunks-incomplete',
            'name-taken',
            'target-gone',
            'too-deep',
          ),
        },
      },
    },
    async (request, reply) => {
      const { caller } = request;
      const ref = refOf(request.params.id, request.body.uploadId);
      const row = await requireUpload(deps.db, caller, ref);
      const completion = (await completePatiently(deps, [row])).get(row.id) ?? unknown();
      const [answer = uploadNotFound()] = await describe(deps, caller, [completion]);
      if (isAppError(answer)) throw answer;
      return reply.code(completion.kind === 'assembling' ? 202 : 200).send(answer);
    },
  );
}

function addCompleteMany(app: App, deps: UploadDeps): void {
  app.post(
    '/files/complete',
    {
      schema: {
        summary: 'Complete many uploads',
        description: 'A failed one stands at its place.',
        operationId: 'completeUploads',
        tags,
        body: CompleteUploadsRequest,
        response: { 200: CompleteUploadsAnswer },
      },
    },
    async (request, reply) => {
      const { caller } = request;
      const refs = request.body.uploads.map((one) => refOf(one.fileId, one.uploadId, 'fileId'));
      const meant = await findUploadsMeant(deps.db, caller, refs);
      const rows = meant.flatMap((row) => (isAppError(row) ? [] : [row]));
      const completed = await completePatiently(deps, rows);
      const completions = meant.map((row): Completion => {
        if (isAppError(row)) return { kind: 'failed', error: row };
        return completed.get(row.id) ?? unknown();
      });
      const answers = await describe(deps, caller, completions);
      return reply.send({ results: batchResults(request, answers) });
    },
  );
}

function unknown(): Completion {
  return { kind: 'failed', error: uploadNotFound() };
}

async function describe(
  deps: UploadDeps,
  { userId }: Caller,
  completions: readonly Completion[],
): Promise<readonly (FileAnswer | AppError)[]> {
  const ids = completions.flatMap((one): readonly FileId[] =>
    one.kind === 'failed' ? [] : [one.fileId],
  );
  const files = await findResults(deps.db, userId, ids);
  return completions.map((one) => {
    if (one.kind === 'failed') return one.error;
    const file = files.get(one.fileId);
    return file === undefined ? fileGone() : { file: toWireFile(file, userId) };
  });
}
