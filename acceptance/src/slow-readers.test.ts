import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { type Account, Api, expectStatus, type Json } from './harness/api.ts';
import { LiveSocket } from './harness/live-socket.ts';
import { TestServer } from './harness/server.ts';

const DEVICES = 5;
const SOCKETS_EACH = 8;
/** As many as one push tells, some 100 KB. */
const BATCH = 100;
const WARM_UP = 8;
/** The kernel holds some 4 MB for each; kept for all, the rest would be 90 MB. */
const BATCHES = 62;
const GROWTH = 50 * 1024 * 1024;

test('who stops reading costs bounded memory, delays nobody, and catches up', {
  timeout: 300_000,
}, async () => {
  await using server = await TestServer.start({ env: { VALISE_RATE_LIMIT: '1000000' } });
  const [ann, bob] = [await new Api(server.url).register(), await new Api(server.url).register()];
  const api = new Api(server.url, ann.accessToken);
  const folder = expectStatus(await api.post('/folders', { name: 'f', parentId: null }), 201).file;
  expectStatus(await api.post(`/files/${folder.id}/share`, { users: [bob.email] }), 200);
  const others = [ann.accessToken, bob.accessToken];
  const reading = await Promise.all(others.map((token) => LiveSocket.open(server.url, token)));
  for (const socket of reading) assert.equal((await socket.next()).type, 'hello');

  const commit = async (batch: number) => {
    const files = Array.from({ length: BATCH }, (_, n) => ({
      name: `${batch}-${n} ${'x'.repeat(240)}`,
      size: 0,
      mimeType: `text/${'x'.repeat(240)}`,
      parentId: folder.id,
    }));
    const began = performance.now();
    expectStatus(await api.post('/files/presigned-urls', { files }), 200);
    for (const socket of reading) await toldOf(socket, BATCH);
    return performance.now() - began;
  };
  for (let n = 0; n < WARM_UP; n++) await commit(n);
  const slow = await openSlow(server, ann);
  for (const one of slow) one.socket.pause();
  const before = await residentBytes(server);
  let slowest = 0;
  let most = before;
  for (let n = WARM_UP; n < WARM_UP + BATCHES; n++) {
    slowest = Math.max(slowest, await commit(n));
    most = Math.max(most, await residentBytes(server));
  }
  const grown = most - before;
  assert.ok(grown < GROWTH, `the server grew by ${Math.round(grown / 1024 / 1024)} MiB`);
  assert.ok(slowest < 5_000, `others waited for ${Math.round(slowest)} ms`);

  const truth = await allOf(api);
  const rest = new Map<string, Promise<Json[]>>();
  const changesBehind = (cursor: string) => {
    const known = rest.get(cursor) ?? changesSince(api, cursor);
    rest.set(cursor, known);
    return known;
  };
  for (const one of slow) {
    one.socket.resume();
    await one.behind;
    assert.ok(one.told.size < BATCH * BATCHES, 'not everything was kept for it');
    for (const change of await changesBehind(one.cursor)) one.told.set(...keyed(change));
    for (const [id, file] of one.told) assert.deepEqual(file, truth.get(id));
    assert.equal(one.told.size, BATCH * BATCHES, 'pushes and polls together tell all, once');
    one.socket.terminate();
  }
  for (const socket of reading) socket.close();
});

interface SlowReader {
  readonly socket: WebSocket;
  /** What it has heard of by pushes that follow one another without a gap. */
  readonly told: Map<string, Json>;
  cursor: string;
  /** It was told to poll, or closed; or nothing more will come. */
  readonly behind: Promise<void>;
}

async function openSlow(server: TestServer, { email, password }: Account): Promise<SlowReader[]> {
  const readers: SlowReader[] = [];
  for (let n = 0; n < DEVICES; n++) {
    const login = { email, password, device: `slow ${n}` };
    const { accessToken } = expectStatus(await new Api(server.url).post('/auth/login', login), 200);
    for (let m = 0; m < SOCKETS_EACH; m++) readers.push(await openOne(server, accessToken));
  }
  return readers;
}

async function openOne(server: TestServer, token: string): Promise<SlowReader> {
  const url = `${server.url.replace(/^http/, 'ws')}/files/changes/live`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
  const { promise: behind, resolve: end } = Promise.withResolvers<void>();
  const { promise: greeted, resolve: greet, reject } = Promise.withResolvers<string>();
  socket.once('error', reject);
  socket.once('close', () => end());
  const reader: SlowReader = { socket, told: new Map(), cursor: '', behind };
  let isFollowing = true;
  socket.on('message', (data) => {
    const message: Json = JSON.parse(String(data));
    if (message.type === 'hello') greet(message.cursor);
    else if (message.type === 'poll') {
      isFollowing = false;
      end();
    } else if (isFollowing) {
      assert.equal(message.from, reader.cursor, 'no push is left out before it is told to poll');
      for (const change of message.changes) reader.told.set(...keyed(change));
      reader.cursor = message.cursor;
      if (reader.told.size === BATCH * BATCHES) end();
    }
  });
  reader.cursor = await greeted;
  return reader;
}

const keyed = ({ file }: Json): [string, Json] => [file.id, file];

async function toldOf(socket: LiveSocket, count: number): Promise<void> {
  for (let left = count; left > 0; ) {
    const message = await socket.next();
    if (message.type === 'poll') return;
    left -= message.changes.length;
  }
}

async function changesSince(api: Api, cursor?: string): Promise<Json[]> {
  const changes: Json[] = [];
  for (let since = cursor, hasMore = true; hasMore; ) {
    const query = since === undefined ? '' : `?since=${since}`;
    const page = expectStatus(await api.get(`/files/changes${query}`), 200);
    changes.push(...page.changes);
    ({ cursor: since, hasMore } = page);
  }
  return changes;
}

async function allOf(api: Api): Promise<Map<string, Json>> {
  return new Map((await changesSince(api)).map(keyed));
}

async function residentBytes({ process }: TestServer): Promise<number> {
  const status = await readFile(`/proc/${process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
