import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LIVE_CLOSE, LIVE_PROTOCOL, LiveMessage } from '@valise/core/wire';
import { Check } from 'typebox/value';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { MAX_PER_DEVICE } from './live-hub.ts';
import { openSocket } from './test-live.ts';
import { connect, folder, poll, startLiveServer, type TestLiveServer } from './test-live-server.ts';

let database: TestDatabase;
let here: TestLiveServer;
let there: TestLiveServer;
before(async () => {
  database = await createTestDatabase();
  here = await startLiveServer(database);
  there = await startLiveServer(database);
});
after(async () => {
  await here.close();
  await there.close();
  await database.close();
});

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
