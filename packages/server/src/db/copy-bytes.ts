import type { RawBuilder } from 'kysely';
import { withLiterals } from './copy-out-query.ts';
import type { Db } from './database.ts';
import { poolOf } from './pools.ts';

/**
 * As `queryBytes`, for texts of megabytes: no string is ever made of them, but the statement is
 * planned every time. `columns` names them in the statement's order; parameters are text or
 * numbers. `onFirst` is called when the first row comes: the snapshot is there by then.
 */
export async function copyBytes<Row extends Readonly<Record<string, Uint8Array>>>(
  db: Db,
  statement: RawBuilder<Row>,
  columns: readonly (keyof Row & string)[],
  onFirst?: () => void,
): Promise<readonly Row[]> {
  const { sql, parameters } = statement.compile(db);
  const client = await poolOf(db).connect();
  try {
    const rows = await client.copyOut(withLiterals(sql, parameters), onFirst);
    return rows.map(
      (row) => Object.fromEntries(columns.map((column, n) => [column, row[n]])) as Row,
    );
  } finally {
    client.release();
  }
}
