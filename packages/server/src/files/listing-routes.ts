import { ChildrenSort, FilePage, PageQuery, Uuid } from '@valise/core/wire';
import Type from 'typebox';
import type { App } from '../http/app.ts';
import { problems } from '../http/problem-responses.ts';
import type { FileDeps } from './file-deps.ts';
import { listFolder } from './list-folder.ts';
import { DEFAULT_LIMIT } from './page-cursor.ts';
import { parseFileId } from './parse-fields.ts';
import { searchFiles } from './search-store.ts';
import { toWirePage } from './wire-page.ts';

const ChildrenQuery = Type.Object({
  ...PageQuery.properties,
  sort: Type.Optional(Type.Union(ChildrenSort.anyOf, { default: 'name' })),
});

const SearchQuery = Type.Object({
  ...PageQuery.properties,
  q: Type.String({ minLength: 1, maxLength: 255, description: 'A part of the name' }),
});

export function listingRoutes(app: App, deps: FileDeps): void {
  app.get(
    '/folders/:id/children',
    {
      schema: {
        operationId: 'listChildren',
        summary: 'List a folder',
        description: '`root` is the caller’s own root. Ascending; by name unless told otherwise.',
        tags: ['Files'],
        params: Type.Object({ id: Type.Union([Uuid, Type.Literal('root')]) }),
        querystring: ChildrenQuery,
        response: {
          200: FilePage,
          ...problems('malformed-request', 'file-not-found', 'not-a-folder', 'bad-cursor'),
        },
      },
    },
    async ({ caller, params, query }) => {
      const page = await listFolder(deps, caller, {
        id: params.id === 'root' ? null : parseFileId(params.id),
        sort: query.sort ?? 'name',
        cursor: query.cursor,
        limit: query.limit ?? DEFAULT_LIMIT,
      });
      return toWirePage(page, caller.userId);
    },
  );

  app.get(
    '/files/search',
    {
      schema: {
        operationId: 'searchFiles',
        summary: 'Find files by name',
        description: 'Everything the caller can see whose name contains `q`, newest first.',
        tags: ['Files'],
        querystring: SearchQuery,
        response: { 200: FilePage, ...problems('malformed-request', 'bad-cursor') },
      },
    },
    async ({ caller, query }) => {
      const page = await searchFiles(deps.db, caller.userId, {
        text: query.q,
        cursor: query.cursor,
        limit: query.limit ?? DEFAULT_LIMIT,
      });
      return toWirePage(page, caller.userId);
    },
  );
}
