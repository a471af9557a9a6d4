import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { type Account, Api, expectStatus, type Json } from './harness/api.ts';
import { LiveSocket } from './harness/live-socket.ts';
import { freePorts, TestServer } from './harness/server.ts';

/** Two servers that tell each other by Redis, which goes away and comes back. */
describe('the bus between servers is away', { timeout: 120_000 }, () => {
  let port = 0;
  let redis: ChildProcess;
  let first: TestServer;
  let second: TestServer;
  let ann: Account;
  before(async () => {
    [port = 0] = await freePorts(1);
    redis = await startRedis();
    first = await TestServer.start({ env: { REDIS_URL: `redis://127.0.0.1:${port}` } });
    const [api, ops] = await freePorts(2);
    second = TestServer.launch(first.data, {
      ...first.env,
      VALISE_PORT: String(api),
      VALISE_OPS_PORT: String(ops),
    });
    await second.untilReady();
    ann = await new Api(first.url).register('Ann');
  });
  after(async () => {
    await second?.stop();
    await first?.[Symbol.asyncDispose]();
    await killRedis();
  });

  async function startRedis(): Promise<ChildProcess> {
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const started = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const text of started.stdout) if (/Ready to accept/.test(String(text))) break;
    return started;
  }

  async function killRedis(): Promise<void> {
    const exited = once(redis, 'exit');
    if (redis.kill('SIGKILL')) await exited;
  }

  const here = () => new Api(first.url, ann.accessToken);
  const there = () => new Api(second.url, ann.accessToken);
  const folder = async (name: string): Promise<Json> =>
    expectStatus(await here().post('/folders', { name, parentId: null }), 201).file;

  test('everyone is told to poll within seconds, misses nothing, and is pushed to again', async () => {
    const socket = await LiveSocket.open(second.url, ann.accessToken);
    const { cursor } = await socket.next();
    await folder('by the bus');
    const push = await socket.next();
    assert.deepEqual([push.type, push.from], ['changes', cursor]);

    await killRedis();
    const made = [await folder('without it'), await folder('and another')];
    assert.deepEqual(await socket.next(), { type: 'poll' });
    let { changes, cursor: at } = expectStatus(
      await there().get(`/files/changes?since=${push.cursor}`),
      200,
    );
    // The first look may have come between the two.
    if (changes.length < made.length) {
      assert.deepEqual(await socket.next(), { type: 'poll' });
      const more = expectStatus(await there().get(`/files/changes?since=${at}`), 200);
      [changes, at] = [[...changes, ...more.changes], more.cursor];
    }
    assert.deepEqual(
      changes.map(({ file }: Json) => file),
      made,
    );

    redis = await startRedis();
    let message: Json;
    for (let n = 0; message?.type !== 'changes'; n++) {
      await folder(`it is back ${n}`);
      message = await socket.next();
    }
    socket.close();
  });

  test('servers start without it, and serve', async () => {
    await killRedis();
    await second.stop();
    second = await second.restart();
    const made = await folder('nobody tells');
    const { items } = expectStatus(await there().get('/folders/root/children?limit=1000'), 200);
    assert.ok(items.some(({ id }: Json) => id === made.id));
    redis = await startRedis();
  });
});
