import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import { createStatementNames } from './statement-names.ts';

/**
 * A pool whose sessions keep the statements that come often: parsing and planning cost most of ours
 * more than their execution. Plans may be made while the tables are still small, so the sessions
 * must run with `enable_seqscan=off`, or they would go on reading whole tables that have grown.
 */
export function preparingPool(pool: pg.Pool): PostgresPool {
  const nameOf = createStatementNames();
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();

  function preparing(client: pg.PoolClient): PostgresPoolClient {
    const query = <R>(text: string, values: readonly unknown[]) => {
      const name = values.length === 0 ? undefined : nameOf(text);
      const statement = { text, values: [...values], ...(name === undefined ? {} : { name }) };
      return client.query(statement) as Promise<unknown> as Promise<PostgresQueryResult<R>>;
    };
    return {
      // The overload for cursors is unused: nothing here streams.
      query: query as PostgresPoolClient['query'],
      release: (destroy) => client.release(destroy),
    };
  }

  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      const known = clients.get(client) ?? preparing(client);
      clients.set(client, known);
      return known;
    },
  };
}
