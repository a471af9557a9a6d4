import { isAppError } from '@valise/core/errors';
import {
  CreateUploadRequest,
  CreateUploadsAnswer,
  CreateUploadsRequest,
  UploadAnswer,
} from '@valise/core/wire';
import type { App } from '../http/app.ts';
import { batchResults } from '../http/batch-results.ts';
import { problems } from '../http/problem-responses.ts';
import { createSingly } from './coalesce-people.ts';
import { createUploads } from './create-uploads.ts';
import { parseNewUpload } from './new-upload.ts';
import { parseRequests } from './parse-requests.ts';
import { tags } from './route-params.ts';
import type { UploadDeps } from './upload-deps.ts';

export function creationRoutes(app: App, deps: UploadDeps): void {
  const createOne = createSingly(deps);
  app.post(
    '/files/presigned-url',
    {
      schema: {
        summary: 'Begin, resume or skip an upload',
        description:
          '200 without an upload when there is nothing to send. With `fileId` the content becomes ' +
          'the next version of that file, wherever it lies and whatever it is called by then.',
        operationId: 'createUpload',
        tags,
        body: CreateUploadRequest,
        response: {
          200: UploadAnswer,
          201: UploadAnswer,
          ...problems(
            'malformed-request',
            'file-not-found',
            'forbidden',
            'name-taken',
            'id-taken',
            'not-uploaded',
            'target-gone',
            'version-unknown',
            'not-a-folder',
            'too-deep',
            'invalid-name',
            'invalid-value',
            'chunks-mismatch',
            'too-many-uploads',
          ),
        },
      },
    },
    async (request, reply) => {
      const answer = await createOne(
        request.caller,
        parseNewUpload(request.body, deps.storage.contentEncodings),
      );
      if (isAppError(answer)) throw answer;
      return reply.code(answer.upload === null ? 200 : 201).send(answer);
    },
  );

  app.post(
    '/files/presigned-urls',
    {
      schema: {
        summary: 'Begin many uploads',
        description: 'Each item as in the single call; a failed one stands at its place.',
        operationId: 'createUploads',
        tags,
        body: CreateUploadsRequest,
        response: { 200: CreateUploadsAnswer },
      },
    },
    async (request, reply) => {
      const requests = parseRequests(request.body.files, deps.storage.contentEncodings);
      const answers = await createUploads(deps, request.caller, requests);
      return reply.send({ results: batchResults(request, answers) });
    },
  );
}
