import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Ambient } from '../run/ambient.ts';
import { EVENT_PROBE_PREFIX } from '../storage/probe-keys.ts';

/*
 * Whether a store's events arrive is found out by an object that is put for that alone: whichever
 * server hears of it notes so in the database, where the one that put it looks.
 */

const PROBE_KEY = /^probe\/events\/[0-9a-f]{32}$/;
const SETTING = 'event probe ';
/** What nobody came to look for by then is forgotten. */
const KEPT = sql`interval '1 day'`;

/** A key at which an object can be put to see whether its event arrives. */
export function newProbeKey(ambient: Ambient): string {
  return `${EVENT_PROBE_PREFIX}${Buffer.from(ambient.randomBytes(16)).toString('hex')}`;
}

export function isProbeKey(key: string): boolean {
  return PROBE_KEY.test(key);
}

export async function rememberProbes(
  { db }: { readonly db: Db },
  keys: readonly string[],
): Promise<void> {
  const names = keys.map((key) => SETTING + key);
  await sql`
    DELETE FROM settings WHERE starts_with(name, ${SETTING})
      AND (value ->> 'at')::timestamptz < now() - ${KEPT}`.execute(db);
  await sql`
    INSERT INTO settings (name, value)
    SELECT DISTINCT name, jsonb_build_object('at', now()) FROM unnest(${names}::text[]) AS name
    ON CONFLICT (name) DO NOTHING`.execute(db);
}

/** Whether the event of this probe has arrived at any server; then it is forgotten. */
export async function takeProbe(db: Db, key: string): Promise<boolean> {
  const { rows } = await sql`
    DELETE FROM settings WHERE name = ${SETTING + key} RETURNING name`.execute(db);
  return rows.length > 0;
}
