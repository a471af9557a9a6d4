import type { PostgresPoolClient, RawBuilder } from 'kysely';
import type { Db } from './database.ts';
import { poolOf } from './pools.ts';

/** The rows of each statement. */
type Rows<Statements extends readonly RawBuilder<unknown>[]> = {
  -readonly [I in keyof Statements]: Statements[I] extends RawBuilder<infer Row> ? Row[] : never;
};

export interface PipelinedTransaction {
  /**
   * Sends all statements at once; each still sees what the ones before it did, and what others
   * committed meanwhile. Throws the first one's error when several fail.
   */
  send<S extends readonly RawBuilder<unknown>[]>(...statements: S): Promise<Rows<S>>;
}

/**
 * A READ COMMITTED transaction in two round trips: what `look` sends goes out together with BEGIN,
 * and the statement that it answers together with COMMIT. Under load a round trip costs more than
 * its statement, since the answer waits behind all the requests that arrived meanwhile. When `look`
 * answers null there is nothing to write. Answers the rows of the last statement.
 */
export async function inPipelinedTransaction<Row>(
  db: Db,
  look: (tx: PipelinedTransaction) => Promise<RawBuilder<Row> | null>,
): Promise<readonly Row[]> {
  const client = await poolOf(db).connect();
  const begun = client.query('BEGIN ISOLATION LEVEL READ COMMITTED', []);
  // Heard below, unless `look` fails without having sent anything.
  begun.catch(() => undefined);
  const send = async (...statements: readonly RawBuilder<unknown>[]) => {
    const [, ...rows] = await settled([begun, ...statements.map((one) => rowsOf(client, db, one))]);
    return rows as never;
  };
  let isOver = false;
  try {
    const statement = await look({ send });
    if (statement === null) return [];
    const rows = rowsOf(client, db, statement);
    await settled([rows, client.query('COMMIT', [])]);
    isOver = true;
    return await rows;
  } finally {
    // After a failed statement COMMIT has rolled back already; to say it twice is harmless.
    client.release(!(isOver || (await rolledBack(client))));
  }
}

async function rowsOf<Row>(
  client: PostgresPoolClient,
  db: Db,
  statement: RawBuilder<Row>,
): Promise<readonly Row[]> {
  const { sql, parameters } = statement.compile(db);
  return (await client.query<Row>(sql, parameters)).rows;
}

/** Waits for all before it throws: no statement may be running when the client is given back. */
async function settled(work: readonly Promise<unknown>[]): Promise<readonly unknown[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

async function rolledBack(client: PostgresPoolClient): Promise<boolean> {
  return client.query('ROLLBACK', []).then(
    () => true,
    () => false,
  );
}
