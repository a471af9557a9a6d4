import { FileAnswer, FilePage, PageQuery, Uuid } from '@valise/core/wire';
import Type from 'typebox';
import type { App } from '../http/app.ts';
import { problems } from '../http/problem-responses.ts';
import { toWireFile } from '../tree/wire-file.ts';
import type { FileDeps } from './file-deps.ts';
import { DEFAULT_LIMIT } from './page-cursor.ts';
import { parseFileId } from './parse-fields.ts';
import { purgeItem } from './purge-file.ts';
import { restoreItem } from './restore-file.ts';
import { listTrash } from './trash-list-store.ts';
import { toWirePage } from './wire-page.ts';

const params = Type.Object({ id: Uuid });

export function trashRoutes(app: App, deps: FileDeps): void {
  app.get(
    '/files/trash',
    {
      schema: {
        operationId: 'listTrash',
        summary: 'List the trash',
        description: 'What was deleted as one act is one item; the latest first.',
        tags: ['Trash'],
        querystring: PageQuery,
        response: { 200: FilePage, ...problems('malformed-request', 'bad-cursor') },
      },
    },
    async ({ caller, query }) => {
      const { cursor, limit = DEFAULT_LIMIT } = query;
      return toWirePage(await listTrash(deps.db, caller.userId, { cursor, limit }), caller.userId);
    },
  );

  app.post(
    '/files/:id/restore',
    {
      schema: {
        operationId: 'restoreFile',
        summary: 'Bring back from the trash',
        description: 'To its place, or the root where that is gone; ` (restored)` on a clash.',
        tags: ['Trash'],
        params,
        response: { 200: FileAnswer, ...problems('malformed-request', 'file-not-found') },
      },
    },
    async ({ caller, params }) => {
      const file = await restoreItem(deps, caller, parseFileId(params.id));
      return { file: toWireFile(file, caller.userId) };
    },
  );

  app.delete(
    '/files/trash/:id',
    {
      schema: {
        operationId: 'purgeFile',
        summary: 'Delete for good',
        description: 'What an earlier act had deleted below it stays in the trash.',
        tags: ['Trash'],
        params,
        response: {
          204: Type.Null({ description: 'Gone' }),
          ...problems('malformed-request', 'file-not-found'),
        },
      },
    },
    async ({ caller, params }, reply) => {
      await purgeItem(deps, caller, parseFileId(params.id));
      return reply.code(204).send(null);
    },
  );
}
