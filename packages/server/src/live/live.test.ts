import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ChangesAnswer, LIVE_CLOSE, LIVE_PROTOCOL, LiveMessage } from '@valise/core/wire';
import { Check } from 'typebox/value';
import { feedRoutes } from '../changes/feed-routes.ts';
import { testCursors } from '../changes/test-cursors.ts';
import { openDatabase } from '../db/database.ts';
import { onFeedsMoved } from '../db/feeds-moved.ts';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { fileRoutes } from '../files/file-routes.ts';
import { createTestApp, type TestApp, type TestUser } from '../http/test-app.ts';
import { systemAmbient } from '../run/ambient.ts';
import type { FeedBus } from './feed-bus.ts';
import { MAX_PER_DEVICE } from './live-hub.ts';
import { liveRoutes } from './live-routes.ts';
import { createPostgresFeedBus } from './postgres-feed-bus.ts';
import { openSocket } from './test-live.ts';

interface TestLiveServer {
  readonly app: TestApp['app'];
  readonly t: TestApp;
  readonly port: number;
  readonly bus: FeedBus;
  close(): Promise<void>;
}

let database: TestDatabase;
let here: TestLiveServer;
let there: TestLiveServer;
before(async () => {
  database = await createTestDatabase();
  here = await startServer();
  there = await startServer();
});
after(async () => {
  await here.close();
  await there.close();
  await database.close();
});

/** A server with connections of its own, as another process has them. */
async function startServer(): Promise<TestLiveServer> {
  const db = openDatabase({ url: database.url, max: 5 });
  const bus = createPostgresFeedBus({ db, url: database.url, onFault: () => undefined });
  const stop = onFeedsMoved(db, (userIds) => bus.publish(userIds));
  const deps = { db, bus, cursors: testCursors, ambient: systemAmbient, onFault: () => undefined };
  const t = await createTestApp({
    database: { ...database, db },
    features: [liveRoutes(deps), feedRoutes(deps), fileRoutes(deps)],
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

async function folder(server: TestLiveServer, user: TestUser, name: string): Promise<string> {
  const answer = await server.app.inject({
    method: 'POST',
    url: '/folders',
    headers: user.headers,
    payload: { name, parentId: null },
  });
  assert.equal(answer.statusCode, 201, answer.body);
  return answer.json().file.id;
}

async function poll(server: TestLiveServer, user: TestUser, since?: string) {
  const query = since === undefined ? '' : `?since=${since}`;
  const answer = await server.app.inject({ url: `/files/changes${query}`, headers: user.headers });
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json<ChangesAnswer>();
}

const connect = (server: TestLiveServer, user: TestUser) =>
  openSocket(server.port, { token: user.session.accessToken });

test('a commit here is pushed to sockets here and on the other server', async () => {
  const ann = await here.t.signUp();
  const sockets = [await connect(here, ann), await connect(there, ann)];
  const { cursor } = await poll(here, ann);
  for (const socket of sockets) assert.deepEqual(await socket.next(), { type: 'hello', cursor });
  const id = await folder(here, ann, 'new');
  const after = await poll(there, ann, cursor);
  for (const socket of sockets) {
    const message = await socket.next();
    assert.ok(Check(LiveMessage, message) && message.type === 'changes', JSON.stringify(message));
    assert.equal(message.from, cursor);
    assert.deepEqual(message.changes, after.changes);
    assert.equal(message.cursor, after.cursor, 'a poll and a push end at the same cursor');
    assert.ok(message.changes[0]?.type === 'upsert' && message.changes[0].file.id === id);
    socket.socket.close();
  }
});

test('others hear nothing', async () => {
  const [ann, bob] = [await here.t.signUp('Ann'), await here.t.signUp('Bob')];
  const socket = await connect(here, bob);
  assert.equal((await socket.next()).type, 'hello');
  await folder(here, ann, 'secret');
  await folder(here, bob, 'own');
  const message = await socket.next();
  assert.ok(message.type === 'changes');
  assert.deepEqual(
    message.changes.map((change) => change.type === 'upsert' && change.file.name),
    ['own'],
  );
  socket.socket.close();
});

test('a browser sends its token as a protocol; without a good one there is no upgrade', async () => {
  const ann = await here.t.signUp();
  const protocols = [LIVE_PROTOCOL, ann.session.accessToken];
  const socket = await openSocket(here.port, { protocols });
  assert.equal(socket.socket.protocol, LIVE_PROTOCOL);
  assert.equal((await socket.next()).type, 'hello');
  socket.socket.close();
  for (const bad of [{}, { token: 'x.y.z' }, { protocols: [LIVE_PROTOCOL, 'x.y.z'] }]) {
    await assert.rejects(openSocket(here.port, bad), { message: '401' });
  }
  const plain = await here.app.inject({ url: '/files/changes/live', headers: ann.headers });
  assert.equal(plain.statusCode, 400);
});

test('a revoked device loses its socket, on any server', async () => {
  const ann = await here.t.signUp();
  const sockets = [await connect(here, ann), await connect(there, ann)];
  for (const socket of sockets) await socket.next();
  const url = `/devices/${ann.session.device.id}`;
  await here.app.inject({ method: 'DELETE', url, headers: ann.headers });
  for (const { closed } of sockets) assert.equal(await closed, LIVE_CLOSE.deviceRevoked);
});

test('garbage is ignored, too much of it and too long messages end the socket', async () => {
  const ann = await here.t.signUp();
  const noisy = await connect(here, ann);
  await noisy.next();
  for (let n = 0; n < 10; n++) noisy.socket.send(Buffer.from([0xff, 0, n]));
  await folder(here, ann, 'still here');
  assert.equal((await noisy.next()).type, 'changes');
  for (let n = 0; n < 100; n++) noisy.socket.send('{"type":"hello"}');
  assert.equal(await noisy.closed, 1008);
  const huge = await connect(here, ann);
  await huge.next();
  huge.socket.on('error', () => undefined);
  huge.socket.send(Buffer.alloc(1_048_576));
  assert.ok([1009, 1006].includes(await huge.closed));
});

test('many sockets of one device: the newest stay', async () => {
  const ann = await here.t.signUp();
  const sockets = [];
  for (let n = 0; n < MAX_PER_DEVICE + 3; n++) {
    const socket = await connect(here, ann);
    await socket.next();
    sockets.push(socket);
  }
  for (const { closed } of sockets.slice(0, 3)) assert.equal(await closed, LIVE_CLOSE.replaced);
  await folder(here, ann, 'x');
  for (const socket of sockets.slice(3)) {
    assert.equal((await socket.next()).type, 'changes');
    socket.socket.close();
  }
});
