import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UserId } from '@valise/core/ids';
import { openDatabase } from '../db/database.ts';
import type { FeedBus } from '../live/feed-bus.ts';
import { createPostgresFeedBus } from '../live/postgres-feed-bus.ts';
import { createRedisFeedBus } from '../live/redis-feed-bus.ts';
import { type Findings, failed, ok, skipped } from './finding.ts';
import type { Patient } from './patient.ts';
import { faultText } from './probe-request.ts';

const PATIENCE_MS = 5_000;
const POLL_MS = 20;

/** News from one server to another, both played here: of a person who doesn't exist. */
export async function* busCheck(
  { databaseUrl, redisUrl, isDatabaseEmbedded }: Patient,
  isDatabaseUsable: boolean,
): Findings {
  if (redisUrl === null && (databaseUrl === null || !isDatabaseUsable)) {
    yield skipped('bus', 'News travel through the database, which is away.');
    return;
  }
  const db = redisUrl === null ? openDatabase({ url: databaseUrl ?? '', max: 2 }) : null;
  let fault: unknown;
  const onFault = (error: unknown) => {
    fault ??= error;
  };
  const open = (): FeedBus =>
    redisUrl === null && db !== null
      ? createPostgresFeedBus({ db, url: databaseUrl ?? '', onFault })
      : createRedisFeedBus({ url: redisUrl ?? '', onFault });
  const [one, other] = [open(), open()];
  try {
    const carrier = redisUrl === null ? 'the database' : 'Redis';
    if (await travels(one, other)) yield ok('bus', `News between servers travel by ${carrier}.`);
    else yield busFailed({ redisUrl, isDatabaseEmbedded }, fault);
  } finally {
    await Promise.all([one.close(), other.close()]);
    await db?.destroy();
  }
}

function busFailed(
  { redisUrl, isDatabaseEmbedded }: Pick<Patient, 'redisUrl' | 'isDatabaseEmbedded'>,
  fault: unknown,
) {
  const why = fault === undefined ? 'nothing arrives' : faultText(fault);
  if (redisUrl !== null) {
    const { host } = new URL(redisUrl);
    const mend =
      'Set REDIS_URL so that this works from here: redis-cli -u "$REDIS_URL" PING; or leave it ' +
      'unset, and the database carries the news.';
    return failed('bus', `News don't travel by Redis at ${host}: ${why}.`, mend);
  }
  const mend = isDatabaseEmbedded
    ? 'Restart the server: npm start'
    : 'Set DATABASE_URL to PostgreSQL itself, or to a pooler in session mode: LISTEN needs a session ' +
      'of its own.';
  return failed('bus', `News don't travel by the database: ${why}.`, mend);
}

async function travels(from: FeedBus, to: FeedBus): Promise<boolean> {
  const nobody = randomUUID() as UserId;
  let hasArrived = false;
  to.subscribe((news) => {
    if (news !== 'all' && news.has(nobody)) hasArrived = true;
  });
  const deadline = performance.now() + PATIENCE_MS;
  while (!hasArrived && performance.now() < deadline) {
    if (from.isConnected() && to.isConnected()) from.publish(new Set([nobody]));
    await sleep(POLL_MS);
  }
  return hasArrived;
}
