import { Readable } from 'node:stream';
import { AppError } from '@valise/core/errors';
import type { UserId } from '@valise/core/ids';
import { CHANGES_LIMIT, ChangesAnswer, ChangesQuery } from '@valise/core/wire';
import type { App } from '../http/app.ts';
import { problems } from '../http/problem-responses.ts';
import type { FeedPosition } from './feed-cursor.ts';
import type { FeedDeps } from './feed-deps.ts';
import { type ChangesPage, readChanges } from './read-changes.ts';
import { parseSinceTime, positionAt } from './since-time.ts';

export function feedRoutes(deps: FeedDeps): (app: App) => void {
  return (app) => {
    app.get(
      '/files/changes',
      {
        schema: {
          operationId: 'listChanges',
          summary: 'What changed since',
          description:
            'Own and shared. Without `since` everything the caller can see, then on from there: ask again with the cursor, at once while `hasMore`. A file may come more than once, the last counts; a parent stands before its children.',
          tags: ['Changes'],
          querystring: ChangesQuery,
          response: {
            200: ChangesAnswer,
            ...problems('malformed-request', 'bad-cursor', 'invalid-value'),
            ...problems('cursor-expired', 'feed-reset'),
          },
        },
      },
      async ({ caller, query }, reply) => {
        const since = await parseSince(deps, caller.userId, query.since);
        const limit = query.limit ?? CHANGES_LIMIT;
        const isListing = since === null || since.listedFrom !== null;
        if (limit > CHANGES_LIMIT && !isListing) throw tooMany();
        const page = await readChanges(deps.db, caller.userId, { since, limit });
        // Written by hand, so it must not pass a serializer again; the cast only says so.
        reply.type('application/json; charset=utf-8');
        const texts = textsOf(deps, caller.userId, page);
        reply.header('content-length', bytesIn(texts));
        // A large page stays in its pieces: one buffer for all would set off collections.
        const isLarge = page.pieces.length > 1;
        const body = isLarge ? Readable.from(texts, { objectMode: false }) : Buffer.concat(texts);
        return reply.send(body as unknown as ChangesAnswer);
      },
    );
  };
}

async function parseSince(
  { db, cursors }: FeedDeps,
  userId: UserId,
  text: string | undefined,
): Promise<FeedPosition | null> {
  if (text === undefined) return null;
  const time = parseSinceTime(text);
  return time === null ? cursors.decode(userId, text) : positionAt(db, userId, time);
}

const COMMA = Buffer.from(',');

function textsOf({ cursors }: FeedDeps, userId: UserId, page: ChangesPage): readonly Uint8Array[] {
  const cursor = cursors.encode(userId, page.position);
  return [
    Buffer.from('{"changes":['),
    ...page.pieces.flatMap((piece, n) => (n === 0 ? [piece] : [COMMA, piece])),
    Buffer.from(`],"cursor":"${cursor}","hasMore":${page.hasMore}}`),
  ];
}

function bytesIn(texts: readonly Uint8Array[]): number {
  return texts.reduce((sum, { length }) => sum + length, 0);
}

function tooMany(): AppError {
  return new AppError(
    'malformed-request',
    `limit is at most ${CHANGES_LIMIT}; more only while listing.`,
    { details: { field: 'limit', in: 'query' } },
  );
}
