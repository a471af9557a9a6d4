import type { RawBuilder } from 'kysely';
import type { Db } from './database.ts';
import { poolOf } from './pools.ts';

/**
 * The rows of one statement, a snapshot of its own, with every column as the bytes that the
 * database sent. All columns must be text, whose bytes are UTF-8, and none null. For large texts
 * that are only passed on.
 */
export async function queryBytes<Row extends Readonly<Record<string, Uint8Array>>>(
  db: Db,
  statement: RawBuilder<Row>,
): Promise<readonly Row[]> {
  const { sql, parameters } = statement.compile(db);
  const client = await poolOf(db).connect();
  try {
    return (await client.queryBytes<Row>(sql, parameters)).rows;
  } finally {
    client.release();
  }
}
