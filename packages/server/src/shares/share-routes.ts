import { parseId, type UserId } from '@valise/core/ids';
import {
  FilePage,
  PageQuery,
  SharedFilePage,
  SharePage,
  ShareRequest,
  SharesAnswer,
  Uuid,
} from '@valise/core/wire';
import Type from 'typebox';
import { DEFAULT_LIMIT } from '../files/page-cursor.ts';
import { parseFileId } from '../files/parse-fields.ts';
import { toWirePage } from '../files/wire-page.ts';
import type { App } from '../http/app.ts';
import { problems } from '../http/problem-responses.ts';
import { listShares } from './list-shares.ts';
import type { ShareDeps } from './share-deps.ts';
import { shareFile } from './share-file.ts';
import { listSharedByMe } from './shared-by-me-store.ts';
import { listSharedWithMe } from './shared-with-me-store.ts';
import { readSharedText } from './shared-with-me-text.ts';
import { unshareFile } from './unshare-file.ts';

const tags = ['Sharing'];
const params = Type.Object({ id: Uuid });

/** Who else may see and change what. */
export function shareRoutes(deps: ShareDeps): (app: App) => void {
  return (app) => {
    const all = [shareRoute, listRoute, unshareRoute, sharedRoute, sharedByMeRoute];
    for (const addRoute of all) addRoute(app, deps);
  };
}

function shareRoute(app: App, deps: ShareDeps): void {
  app.post(
    '/files/:id/share',
    {
      schema: {
        operationId: 'shareFile',
        summary: 'Share with people',
        description:
          'All of them or none. A folder covers all below it, now and later. A second share ' +
          'changes the role; `viewer` unless told otherwise.',
        tags,
        params,
        body: ShareRequest,
        response: {
          200: SharesAnswer,
          ...problems('malformed-request', 'forbidden', 'file-not-found', 'not-uploaded'),
          ...problems('unknown-users', 'invalid-value'),
          ...problems('rate-limited'),
        },
      },
    },
    async ({ caller, params, body }) => {
      const { users, role = 'viewer' } = body;
      const id = parseFileId(params.id);
      return { shares: [...(await shareFile(deps, caller, { id, users, role }))] };
    },
  );
}

function listRoute(app: App, deps: ShareDeps): void {
  app.get(
    '/files/:id/shares',
    {
      schema: {
        operationId: 'listShares',
        summary: 'Whom a file is shared with',
        description: 'By itself or with a folder above it (`via`): one item for each way.',
        tags,
        params,
        querystring: PageQuery,
        response: {
          200: SharePage,
          ...problems('malformed-request', 'file-not-found', 'bad-cursor'),
        },
      },
    },
    async ({ caller, params, query }) => {
      const { cursor, limit = DEFAULT_LIMIT } = query;
      const page = await listShares(deps.db, caller, { id: parseFileId(params.id), cursor, limit });
      return { ...page, items: [...page.items] };
    },
  );
}

function unshareRoute(app: App, deps: ShareDeps): void {
  app.delete(
    '/files/:id/shares/:userId',
    {
      schema: {
        operationId: 'unshareFile',
        summary: 'End a share, or leave',
        description: 'From the answer on that person has no access by this share.',
        tags,
        params: Type.Object({ id: Uuid, userId: Uuid }),
        response: {
          204: Type.Null({ description: 'Ended' }),
          ...problems('malformed-request', 'forbidden', 'file-not-found', 'invalid-value'),
        },
      },
    },
    async ({ caller, params }, reply) => {
      const userId = parseId<UserId>(params.userId, 'userId');
      await unshareFile(deps, caller, { id: parseFileId(params.id), userId });
      return reply.code(204).send(null);
    },
  );
}

function sharedRoute(app: App, deps: ShareDeps): void {
  app.get(
    '/files/shared-with-me',
    {
      schema: {
        operationId: 'listSharedWithMe',
        summary: 'What others have shared with the caller',
        description: 'Newest first; not what lies below a shared folder.',
        tags,
        querystring: PageQuery,
        response: { 200: SharedFilePage, ...problems('malformed-request', 'bad-cursor') },
      },
    },
    async ({ caller, query }, reply) => {
      const shared = { cursor: query.cursor, limit: query.limit ?? DEFAULT_LIMIT };
      const text = await readSharedText(deps.db, caller.userId, shared);
      if (text !== null) {
        // Written by hand, so it must not pass a serializer again; the cast only says so.
        reply.type('application/json; charset=utf-8');
        return reply.send(text as unknown as SharedFilePage);
      }
      const page = await listSharedWithMe(deps.db, caller.userId, shared);
      return reply.send({ ...page, items: [...page.items] });
    },
  );
}

function sharedByMeRoute(app: App, deps: ShareDeps): void {
  app.get(
    '/files/shared-by-me',
    {
      schema: {
        operationId: 'listSharedByMe',
        summary: 'What the caller has shared with others',
        description: 'Newest files first; `sharedWith` tells with how many people.',
        tags,
        querystring: PageQuery,
        response: { 200: FilePage, ...problems('malformed-request', 'bad-cursor') },
      },
    },
    async ({ caller, query }) => {
      const { cursor, limit = DEFAULT_LIMIT } = query;
      return toWirePage(
        await listSharedByMe(deps.db, caller.userId, { cursor, limit }),
        caller.userId,
      );
    },
  );
}
