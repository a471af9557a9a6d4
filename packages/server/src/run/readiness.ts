import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { ObjectStore } from '../storage/object-store.ts';

export interface PartStatus {
  readonly ready: boolean;
  readonly milliseconds: number;
}

export interface Readiness {
  readonly ready: boolean;
  readonly parts: {
    readonly api: { readonly ready: boolean };
    readonly database: PartStatus;
    readonly store: PartStatus;
  };
}

const PROBE_TIMEOUT_MS = 3_000;

/** What a server stands on, and whether it takes requests yet. */
export interface ReadinessDeps {
  readonly db: Db;
  readonly store: ObjectStore;
  readonly isListening: () => boolean;
}

/** Asks both parts at once. Says nothing about causes: those stand in the log. */
export async function checkReadiness({
  db,
  store,
  isListening,
}: ReadinessDeps): Promise<Readiness> {
  const [database, objects] = await Promise.all([
    probe(async () => {
      await sql`SELECT 1`.execute(db);
    }),
    probe((signal) => store.ping({ signal })),
  ]);
  const api = { ready: isListening() };
  const ready = api.ready && database.ready && objects.ready;
  return { ready, parts: { api, database, store: objects } };
}

async function probe(ask: (signal: AbortSignal) => Promise<void>): Promise<PartStatus> {
  const begun = performance.now();
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  const tooLate = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const ready = await Promise.race([ask(signal), tooLate]).then(
    () => true,
    () => false,
  );
  return { ready, milliseconds: Math.round(performance.now() - begun) };
}
