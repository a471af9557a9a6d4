import { sql } from 'kysely';
import type { Db } from './database.ts';

const SETTING = 'installation';

/** What all servers of this database are together: made when first asked for, and then the same. */
export async function installationId(db: Db): Promise<string> {
  await sql`
    INSERT INTO settings (name, value) VALUES (${SETTING}, to_jsonb(gen_random_uuid()::text))
    ON CONFLICT (name) DO NOTHING`.execute(db);
  const { rows } = await sql<{ id: string }>`
    SELECT value #>> '{}' AS id FROM settings WHERE name = ${SETTING}`.execute(db);
  if (rows[0] === undefined) throw new Error('The installation has its id.');
  return rows[0].id;
}
