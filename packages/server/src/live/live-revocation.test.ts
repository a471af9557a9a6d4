import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ChangeEvent } from '@valise/core/wire';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import type { TestUser } from '../http/test-app.ts';
import type { TestSocket } from './test-live.ts';
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

async function call(who: TestUser, method: 'POST' | 'PATCH' | 'DELETE', url: string, payload = {}) {
  const { headers } = who;
  const answer = await here.app.inject({
    method,
    url,
    headers,
    ...(method === 'DELETE' ? {} : { payload }),
  });
  assert.ok(answer.statusCode < 300, answer.body);
  return answer;
}

/** What a device has been told by its socket, polling where it must, up to a change of `until`. */
async function hear(socket: TestSocket, who: TestUser, since: string, until: string) {
  const heard: ChangeEvent[] = [];
  let cursor = since;
  while (!heard.some((change) => idOf(change) === until)) {
    const message = await socket.next();
    const follows = message.type === 'changes' && message.from === cursor;
    const news = follows ? message : await poll(there, who, cursor);
    heard.push(...news.changes);
    cursor = news.cursor;
  }
  return { heard, cursor };
}

const idOf = (change: ChangeEvent) => (change.type === 'upsert' ? change.file.id : change.fileId);

test('a socket tells of a revocation, and of nothing in there from then on', async () => {
  const [ann, bob] = [await here.t.signUp('Ann'), await here.t.signUp('Bob')];
  const socket = await connect(there, bob);
  const hello = await socket.next();
  assert.ok(hello.type === 'hello');
  const top = await folder(here, ann, 'top');
  const inner = await folder(here, ann, 'inner', top);
  await call(ann, 'POST', `/files/${top}/share`, { users: [bob.email] });
  const shared = await hear(socket, bob, hello.cursor, inner);
  await call(ann, 'PATCH', `/files/${inner}`, { name: 'seen' });
  const renamed = await hear(socket, bob, shared.cursor, inner);
  const [change] = renamed.heard;
  assert.ok(change?.type === 'upsert' && change.file.name === 'seen');

  await call(ann, 'DELETE', `/files/${top}/shares/${bob.session.user.id}`);
  await call(ann, 'PATCH', `/files/${inner}`, { name: 'unseen' });
  const hidden = await folder(here, ann, 'hidden', top);
  const own = await folder(here, bob, 'his own');
  const { heard } = await hear(socket, bob, renamed.cursor, own);
  const last = new Map(heard.map((one) => [idOf(one), one]));
  for (const fileId of [top, inner]) {
    assert.deepEqual(last.get(fileId), { type: 'remove', fileId, reason: 'unshared' });
  }
  assert.ok(!last.has(hidden));
  assert.ok(!JSON.stringify(heard).includes('unseen'));
  socket.socket.close();
});
