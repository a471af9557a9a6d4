import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { systemAmbient } from '../run/ambient.ts';
import type { FeedBus, FeedNews } from './feed-bus.ts';
import { createPostgresFeedBus } from './postgres-feed-bus.ts';
import { createRedisFeedBus } from './redis-feed-bus.ts';

interface Carrier {
  open(): FeedBus;
  /** Breaks every connection; they may be made anew. */
  breakDown(): Promise<void>;
  close(): Promise<void>;
}

const onFault = () => undefined;

async function postgres(): Promise<Carrier> {
  const database: TestDatabase = await createTestDatabase();
  const { db, url } = database;
  return {
    open: () => createPostgresFeedBus({ db, url, onFault }),
    async breakDown() {
      await sql`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'valise-listen' AND datname = current_database()`.execute(db);
    },
    close: () => database.close(),
  };
}

async function redis(): Promise<Carrier> {
  const port = await freePort();
  let server: ChildProcess | undefined;
  const start = async () => {
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const text of server.stdout ?? []) if (/Ready to accept/.test(String(text))) break;
  };
  const stop = async () => {
    if (server === undefined) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  };
  await start();
  return {
    open: () => createRedisFeedBus({ url: `redis://127.0.0.1:${port}`, onFault }),
    async breakDown() {
      await stop();
      await start();
    },
    close: stop,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** What a listener hears, one after the other. */
function hear(bus: FeedBus) {
  const heard: FeedNews[] = [];
  let wake: (() => void) | undefined;
  bus.subscribe((news) => {
    heard.push(news);
    wake?.();
  });
  return {
    heard,
    async until(isIt: (news: FeedNews) => boolean): Promise<void> {
      while (!heard.some(isIt)) {
        await new Promise<void>((done) => {
          wake = done;
        });
      }
      heard.length = 0;
    },
  };
}

const someone = () => systemAmbient.newId<UserId>();
const names = (id: UserId) => (news: FeedNews) => news !== 'all' && news.has(id);
const isAll = (news: FeedNews) => news === 'all';

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
const carriers = {
  PostgreSQL: { make: postgres, isThere: true },
  Redis: { make: redis, isThere: hasRedis || process.env.CI !== undefined },
};

for (const [name, { make, isThere }] of Object.entries(carriers)) {
  describe(`news by ${name}`, { skip: !isThere, timeout: 60_000 }, () => {
    let carrier: Carrier;
    let here: FeedBus;
    let there: FeedBus;
    before(async () => {
      carrier = await make();
      here = carrier.open();
      there = carrier.open();
    });
    after(async () => {
      await here.close();
      await there.close();
      await carrier.close();
    });

    test('are heard here at once and there soon; whoever connects is told to look', async () => {
      const [near, far] = [hear(here), hear(there)];
      await Promise.all([near.until(isAll), far.until(isAll)]);
      assert.ok(here.isConnected() && there.isConnected());
      const first = someone();
      here.publish(new Set([first]));
      assert.deepEqual(near.heard, [new Set([first])]);
      await far.until(names(first));
      const many = new Set(Array.from({ length: 1_000 }, someone));
      there.publish(many);
      const missing = new Set(many);
      await near.until((news) => {
        if (news !== 'all') for (const id of news) missing.delete(id);
        return missing.size === 0;
      });
    });

    test('after a break everyone is told to look, and news go on', async () => {
      const [near, far] = [hear(here), hear(there)];
      const [nearAgain, farAgain] = [near.until(isAll), far.until(isAll)];
      await carrier.breakDown();
      await Promise.all([nearAgain, farAgain]);
      const id = someone();
      there.publish(new Set([id]));
      await near.until(names(id));
    });
  });
}
