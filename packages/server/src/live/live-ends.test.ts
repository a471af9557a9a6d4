import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LIVE_CLOSE } from '@valise/core/wire';
import { WebSocket } from 'ws';
import { ACCESS_TOKEN_SECONDS } from '../accounts/access-tokens.ts';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { createTestClock } from '../http/test-clock.ts';
import { MAX_PER_DEVICE } from './live-hub.ts';
import { connect, folder, startLiveServer, type TestLiveServer } from './test-live-server.ts';

/* How sockets end, and what one device can do to the others. */

let database: TestDatabase;
const clock = createTestClock();
let here: TestLiveServer;
let there: TestLiveServer;
before(async () => {
  database = await createTestDatabase();
  const options = { ambient: clock, paces: { check: 20, beat: 2_000 } };
  here = await startLiveServer(database, options);
  there = await startLiveServer(database, options);
});
after(async () => {
  await here.close();
  await there.close();
  await database.close();
});

test('signing out ends the sockets of this login on every server, as over and not as revoked', async () => {
  const ann = await here.t.signUp();
  const sockets = [await connect(here, ann), await connect(there, ann)];
  for (const socket of sockets) await socket.next();
  await here.app.inject({ method: 'POST', url: '/auth/logout', headers: ann.headers });
  for (const { closed } of sockets) assert.equal(await closed, LIVE_CLOSE.loginEnded);
});

test('a changed password revokes the other devices', async () => {
  const ann = await here.t.signUp();
  const { email, password } = ann;
  const payload = { email, password, device: 'other' };
  const login = await here.app.inject({ method: 'POST', url: '/auth/login', payload });
  const other = await connect(there, { ...ann, session: login.json() });
  const own = await connect(there, ann);
  await Promise.all([other.next(), own.next()]);
  const change = { current: password, new: 'another correct horse' };
  const { headers } = ann;
  await here.app.inject({ method: 'POST', url: '/auth/password', headers, payload: change });
  assert.equal(await other.closed, LIVE_CLOSE.deviceRevoked);
  await folder(here, ann, 'still told');
  assert.equal((await own.next()).type, 'changes');
  own.socket.close();
});

test('an access token that runs out ends its socket; the next token opens another', async () => {
  const ann = await here.t.signUp();
  const socket = await connect(here, ann);
  await socket.next();
  clock.advance(ACCESS_TOKEN_SECONDS - 60);
  const payload = { refreshToken: ann.session.refreshToken };
  const renewed = await here.app.inject({ method: 'POST', url: '/auth/refresh', payload });
  const next = await connect(here, { ...ann, session: { ...ann.session, ...renewed.json() } });
  await next.next();
  clock.advance(61);
  assert.equal(await socket.closed, LIVE_CLOSE.loginEnded);
  const headers = { authorization: `Bearer ${renewed.json().accessToken}` };
  await folder(here, { ...ann, headers }, 'after');
  assert.equal((await next.next()).type, 'changes');
  next.socket.close();
});

test('who leaves pings unanswered is hung up on, who answers stays', async () => {
  const ann = await here.t.signUp();
  const alive = await connect(here, ann);
  await alive.next();
  const headers = { authorization: `Bearer ${ann.session.accessToken}` };
  const url = `ws://127.0.0.1:${here.port}/files/changes/live`;
  const mute = new WebSocket(url, { headers, autoPong: false });
  const pings: Buffer[] = [];
  mute.on('ping', (data) => pings.push(data));
  // Without a farewell: whoever doesn't answer wouldn't hear it either.
  assert.equal(await new Promise((resolve) => mute.once('close', resolve)), 1006);
  assert.ok(pings.length >= 1);
  await folder(here, ann, 'heard');
  assert.equal((await alive.next()).type, 'changes');
  alive.socket.close();
});

test('a thousand sockets of one device: eight stay, and nobody else notices', async () => {
  const [ann, bob] = [await here.t.signUp('Ann'), await here.t.signUp('Bob')];
  const other = await connect(here, bob);
  await other.next();
  const codes = new Map<number, number>();
  let open = 0;
  const connectOne = async () => {
    const { socket, closed } = await connect(here, ann);
    open += 1;
    void closed.then((code) => {
      open -= 1;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    });
    return socket;
  };
  const sockets = [];
  for (let n = 0; n < 1_000; n += 50) {
    sockets.push(...(await Promise.all(Array.from({ length: 50 }, connectOne))));
    await folder(here, bob, `meanwhile ${n}`);
    assert.equal((await other.next()).type, 'changes');
  }
  while (open > MAX_PER_DEVICE) await new Promise((done) => setTimeout(done, 5));
  assert.deepEqual([...codes], [[LIVE_CLOSE.replaced, 1_000 - MAX_PER_DEVICE]]);
  const left = sockets.filter((socket) => socket.readyState === WebSocket.OPEN);
  const told = Promise.all(
    left.map((socket) => new Promise((done) => socket.once('message', done))),
  );
  await folder(here, ann, 'for those that stayed');
  assert.equal((await told).length, MAX_PER_DEVICE);
  for (const { socket } of [other, ...left.map((socket) => ({ socket }))]) socket.close();
});
