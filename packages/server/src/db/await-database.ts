import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { asAppError } from './database-errors.ts';

const PATIENCE_MS = 30_000;
const POLL_MS = 500;

/**
 * Waits for a database that is being started beside us. Throws an Error without the URL, which
 * holds a password, when it stays away or refuses us.
 */
export async function awaitDatabase(url: string, patienceMs = PATIENCE_MS): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const fault = await connectOnce(url);
    if (fault === undefined) return;
    const isAway = asAppError(fault)?.code === 'database-unavailable';
    if (!isAway || Date.now() > deadline) {
      const { hostname, port, pathname } = new URL(url);
      const place = `${hostname}:${port || '5432'}${pathname}`;
      throw new Error(`The database at ${place} (DATABASE_URL) refuses: ${fault.message}`, {
        cause: fault,
      });
    }
    await sleep(POLL_MS);
  }
}

async function connectOnce(url: string): Promise<Error | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    await client.end().catch(() => undefined);
  }
}
