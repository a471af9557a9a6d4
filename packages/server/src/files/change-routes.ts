import { DeleteFileQuery, FileAnswer, UpdateFileRequest, Uuid } from '@valise/core/wire';
import Type from 'typebox';
import type { App } from '../http/app.ts';
import { problems } from '../http/problem-responses.ts';
import { toWireFile } from '../tree/wire-file.ts';
import { deleteItem } from './delete-file.ts';
import type { FileDeps } from './file-deps.ts';
import {
  parseFileId,
  parseOptionalName,
  parseOptionalTime,
  parseParentId,
} from './parse-fields.ts';
import { updateItem } from './update-file.ts';

const params = Type.Object({ id: Uuid });

export function changeRoutes(app: App, deps: FileDeps): void {
  app.patch(
    '/files/:id',
    {
      schema: {
        operationId: 'updateFile',
        summary: 'Rename, move, touch',
        description: 'A folder moves with all below it in one step.',
        tags: ['Files'],
        params,
        body: UpdateFileRequest,
        response: {
          200: FileAnswer,
          ...problems('malformed-request', 'forbidden', 'file-not-found'),
          ...problems('name-taken', 'cycle', 'cross-owner', 'not-uploaded'),
          ...problems('invalid-name', 'invalid-value', 'not-a-folder', 'too-deep'),
        },
      },
    },
    async ({ caller, params, body }) => {
      const { parentId } = body;
      const file = await updateItem(deps, caller, {
        id: parseFileId(params.id),
        update: {
          name: parseOptionalName(body.name),
          parentId: parentId === undefined ? undefined : parseParentId(parentId),
          modifiedAt: parseOptionalTime(body.modifiedAt, 'modifiedAt'),
          executable: body.executable,
        },
      });
      return { file: toWireFile(file, caller.userId) };
    },
  );

  app.delete(
    '/files/:id',
    {
      schema: {
        operationId: 'deleteFile',
        summary: 'Move to the trash',
        description: 'A folder goes with all below it. What lies in the trash already stays there.',
        tags: ['Files'],
        params,
        querystring: DeleteFileQuery,
        response: {
          204: Type.Null({ description: 'In the trash' }),
          ...problems('malformed-request', 'forbidden', 'file-not-found'),
          ...problems('changed-since', 'not-uploaded', 'bad-cursor'),
          ...problems('cursor-expired', 'feed-reset'),
        },
      },
    },
    async ({ caller, params, query }, reply) => {
      const { version, cursor } = query;
      await deleteItem(deps, caller, {
        id: parseFileId(params.id),
        version,
        since:
          cursor === undefined ? undefined : deps.cursors.decode(caller.userId, cursor, 'cursor'),
      });
      return reply.code(204).send(null);
    },
  );
}
