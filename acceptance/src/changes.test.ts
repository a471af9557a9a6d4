import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Account, Api, expectStatus, type Json } from './harness/api.ts';
import { LiveSocket } from './harness/live-socket.ts';
import { freePorts, TestServer } from './harness/server.ts';

describe('changes, on two servers that share one data folder', { timeout: 300_000 }, () => {
  let first: TestServer;
  let second: TestServer;
  let ann: Account;
  let bob: Account;
  before(async () => {
    first = await TestServer.start();
    const [port, ops] = await freePorts(2);
    second = TestServer.launch(first.data, {
      ...first.env,
      VALISE_PORT: String(port),
      VALISE_OPS_PORT: String(ops),
    });
    await second.untilReady();
    ann = await new Api(first.url).register('Ann');
    bob = await new Api(first.url).register('Bob');
  });
  after(async () => {
    await second.stop();
    await first[Symbol.asyncDispose]();
  });

  const here = (who: Account) => new Api(first.url, who.accessToken);
  const there = (who: Account) => new Api(second.url, who.accessToken);
  const changes = async (api: Api, since?: string): Promise<Json> =>
    expectStatus(await api.get(`/files/changes${since ? `?since=${since}` : ''}`), 200);
  const folder = async (api: Api, name: string, parentId: string | null = null): Promise<Json> =>
    expectStatus(await api.post('/folders', { name, parentId }), 201).file;

  test('a share, a change and the end of it reach the other person on the other server', async () => {
    const socket = await LiveSocket.open(second.url, bob.accessToken);
    const hello = await socket.next();
    assert.equal(hello.type, 'hello');
    assert.equal(hello.cursor, (await changes(there(bob))).cursor);
    const shared = await folder(here(ann), 'shared');
    const inner = await folder(here(ann), 'inner', shared.id);
    expectStatus(await here(ann).post(`/files/${shared.id}/share`, { users: [bob.email] }), 200);
    await socket.next();
    const seen = await changes(there(bob), hello.cursor);
    const told = new Map(seen.changes.map((one: Json) => [one.file?.id, one.file]));
    assert.equal((told.get(shared.id) as Json).sharedRoot, true);
    assert.equal((told.get(shared.id) as Json).role, 'viewer');
    assert.equal((told.get(inner.id) as Json).parentId, shared.id);
    expectStatus(await here(ann).call('DELETE', `/files/${shared.id}/shares/${bob.user.id}`), 204);
    const gone = await changes(there(bob), seen.cursor);
    assert.deepEqual(
      gone.changes.map((one: Json) => [one.type, one.fileId, one.reason]).sort(),
      [
        ['remove', inner.id, 'unshared'],
        ['remove', shared.id, 'unshared'],
      ].sort(),
    );
    socket.close();
  });

  test('a chain of pushes can be followed without a poll', async () => {
    const socket = await LiveSocket.open(second.url, ann.accessToken);
    let { cursor } = await socket.next();
    for (let n = 0; n < 5; n++) {
      const made = await folder(here(ann), `pushed ${n}`);
      const push = await socket.next();
      assert.deepEqual([push.type, push.from], ['changes', cursor]);
      assert.deepEqual(push.changes, [{ type: 'upsert', file: made }]);
      cursor = push.cursor;
    }
    assert.deepEqual((await changes(here(ann), cursor)).changes, []);
    socket.close();
  });

  test('a change too large for a push is told by "poll"', async () => {
    const api = here(ann);
    const top = await folder(api, 'many');
    for (let n = 0; n < 120; n++) await folder(api, `one of many ${n}`, top.id);
    const socket = await LiveSocket.open(second.url, ann.accessToken);
    const { cursor } = await socket.next();
    expectStatus(await api.call('DELETE', `/files/${top.id}`), 204);
    assert.deepEqual(await socket.next(), { type: 'poll' });
    assert.equal((await changes(api, cursor)).changes.length, 121);
    socket.close();
  });

  test('a signed-out and a revoked device lose their sockets', async () => {
    const login = async () => {
      const { email, password } = ann;
      const body = { email, password, device: 'other' };
      return expectStatus(await new Api(first.url).post('/auth/login', body), 200);
    };
    const device = await login();
    const socket = await LiveSocket.open(second.url, device.accessToken);
    await socket.next();
    expectStatus(await here(ann).call('DELETE', `/devices/${device.device.id}`), 204);
    assert.equal(await socket.closed, 4403);
    const leaving = await login();
    const last = await LiveSocket.open(second.url, leaving.accessToken);
    await last.next();
    expectStatus(await new Api(first.url, leaving.accessToken).post('/auth/logout'), 204);
    assert.equal(await last.closed, 4401);
  });

  test('cursors outlive a restart of the whole installation', async () => {
    const before = await changes(here(ann));
    const made = await folder(here(ann), 'before the restart');
    await second.stop();
    await first.stop();
    first = await first.restart();
    second = await second.restart();
    const after = await changes(there(ann), before.cursor);
    assert.deepEqual(after.changes, [{ type: 'upsert', file: made }]);
  });

  test('deleting with a cursor spares what was not seen', async () => {
    const top = await folder(here(ann), 'guarded');
    const { cursor } = await changes(here(ann));
    const body = { name: 'unseen', size: 0, mimeType: 'text/plain', parentId: top.id };
    const { file } = expectStatus(await there(ann).post('/files/presigned-url', body), 200);
    const refused = await here(ann).call('DELETE', `/files/${top.id}?cursor=${cursor}`);
    assert.deepEqual(expectStatus(refused, 409, 'changed-since').fileIds, [file.id]);
    const now = (await changes(here(ann))).cursor;
    expectStatus(await here(ann).call('DELETE', `/files/${top.id}?cursor=${now}`), 204);
  });
});
