import assert from 'node:assert/strict';
import type { ChangesAnswer } from '@valise/core/wire';
import { feedRoutes } from '../changes/feed-routes.ts';
import { testCursors } from '../changes/test-cursors.ts';
import { openDatabase } from '../db/database.ts';
import { onFeedsMoved } from '../db/feeds-moved.ts';
import type { TestDatabase } from '../db/test-database.ts';
import { fileRoutes } from '../files/file-routes.ts';
import { createTestApp, type TestApp, type TestUser } from '../http/test-app.ts';
import { type Ambient, systemAmbient } from '../run/ambient.ts';
import { shareRoutes } from '../shares/share-routes.ts';
import type { FeedBus } from './feed-bus.ts';
import { type CarePaces, liveRoutes } from './live-routes.ts';
import { createPostgresFeedBus } from './postgres-feed-bus.ts';
import { openSocket } from './test-live.ts';

/** For tests: the app with everything that pushes. */
export interface TestLiveServer {
  readonly app: TestApp['app'];
  readonly t: TestApp;
  readonly port: number;
  readonly bus: FeedBus;
  close(): Promise<void>;
}

export interface TestLiveOptions {
  readonly ambient?: Ambient;
  readonly paces?: CarePaces;
}

/** A server with connections of its own, as another process has them. */
export async function startLiveServer(
  database: TestDatabase,
  options: TestLiveOptions = {},
): Promise<TestLiveServer> {
  const { ambient = systemAmbient, paces } = options;
  const db = openDatabase({ url: database.url, max: 5 });
  const bus = createPostgresFeedBus({ db, url: database.url, onFault: () => undefined });
  const stop = onFeedsMoved(db, (userIds) => bus.publish(userIds));
  const deps = { db, bus, cursors: testCursors, ambient, onFault: () => undefined };
  const t = await createTestApp({
    database: { ...database, db },
    ambient,
    features: [
      liveRoutes({ ...deps, ...(paces === undefined ? {} : { paces }) }),
      feedRoutes(deps),
      fileRoutes(deps),
      shareRoutes(deps),
    ],
    revocationPollMs: 100,
  });
  const port = await t.listen();
  return {
    app: t.app,
    t,
    port,
    bus,
    async close() {
      stop();
      await t.close();
      await bus.close();
      await db.destroy();
    },
  };
}

export async function folder(
  server: TestLiveServer,
  user: TestUser,
  name: string,
  parentId: string | null = null,
): Promise<string> {
  const answer = await server.app.inject({
    method: 'POST',
    url: '/folders',
    headers: user.headers,
    payload: { name, parentId },
  });
  assert.equal(answer.statusCode, 201, answer.body);
  return answer.json().file.id;
}

export async function poll(server: TestLiveServer, user: TestUser, since?: string) {
  const query = since === undefined ? '' : `?since=${since}`;
  const answer = await server.app.inject({ url: `/files/changes${query}`, headers: user.headers });
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json<ChangesAnswer>();
}

export const connect = (server: TestLiveServer, user: TestUser) =>
  openSocket(server.port, { token: user.session.accessToken });
