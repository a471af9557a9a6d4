import { sql } from 'kysely';
import pg from 'pg';
import type { Db } from '../db/database.ts';
import { createCarriedBus, type Hearing } from './carried-bus.ts';
import type { FeedBus } from './feed-bus.ts';

const CHANNEL = 'valise_feeds';
const RECONNECT_MS = 1_000;
/** A connection that died without a word is found out by a question that stays unanswered. */
const PROBE_EVERY_MS = 15_000;
const PROBE_TIMEOUT_MS = 5_000;

export interface PostgresFeedBusOptions {
  readonly db: Db;
  /** The same database: listening takes a connection of its own. */
  readonly url: string;
  readonly onFault: (error: unknown, what: string) => void;
  /** Runs whenever a connection has been made, before news are taken from it. */
  readonly beforeListening?: () => Promise<void>;
}

/**
 * LISTEN and NOTIFY. A NOTIFY is a statement of its own after the commit: inside the transaction it
 * makes all commits queue up, which halves their rate.
 */
export function createPostgresFeedBus(options: PostgresFeedBusOptions): FeedBus {
  const { db } = options;
  return createCarriedBus((hear) => {
    const ear = listen({ ...options, ...hear });
    return {
      async send(messages) {
        await sql`
          SELECT pg_notify(${CHANNEL}, m) FROM unnest(${messages}::text[]) AS t (m)`.execute(db);
      },
      ...ear,
    };
  });
}

interface Ear {
  isConnected(): boolean;
  close(): Promise<void>;
}

type EarOptions = PostgresFeedBusOptions & Hearing;

/** A connection that listens, made anew whenever it breaks. */
function listen(options: EarOptions): Ear {
  const { onMessage, onConnected, onFault } = options;
  let client: pg.Client | undefined;
  let isListening = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let connecting: Promise<void> = Promise.resolve();

  function later(work: () => Promise<void>, ms: number): void {
    clearTimeout(timer);
    if (isClosed) return;
    timer = setTimeout(() => {
      connecting = work();
    }, ms).unref();
  }

  function lost(one: pg.Client, error: unknown): void {
    if (one !== client || isClosed) return;
    client = undefined;
    if (isListening) onFault(error, 'The connection that listens was lost');
    isListening = false;
    one.end().catch(() => undefined);
    later(connect, RECONNECT_MS);
  }

  async function connect(): Promise<void> {
    const one = new pg.Client({
      connectionString: options.url,
      application_name: 'valise-listen',
      connectionTimeoutMillis: PROBE_TIMEOUT_MS,
      query_timeout: PROBE_TIMEOUT_MS,
      keepAlive: true,
    });
    client = one;
    one.on('error', (error) => lost(one, error));
    one.on('end', () => lost(one, new Error('The database closed the connection.')));
    one.on('notification', ({ payload }) => onMessage(payload ?? ''));
    try {
      await one.connect();
      await options.beforeListening?.();
      await one.query(`LISTEN ${CHANNEL}`);
      isListening = true;
      onConnected();
      later(() => probe(one), PROBE_EVERY_MS);
    } catch (error) {
      lost(one, error);
    }
  }

  async function probe(one: pg.Client): Promise<void> {
    try {
      await one.query('SELECT 1');
      later(() => probe(one), PROBE_EVERY_MS);
    } catch (error) {
      lost(one, error);
    }
  }

  connecting = connect();
  return {
    isConnected: () => isListening,
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await connecting;
      await client?.end().catch(() => undefined);
    },
  };
}
