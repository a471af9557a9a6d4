import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import { CopyOut } from './copy-out-query.ts';
import { createStatementNames } from './statement-names.ts';

export interface PreparingClient extends PostgresPoolClient {
  /** Has the columns sent in PostgreSQL's binary format and leaves them as they come. */
  queryBytes<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  /** Has the rows of a statement without parameters copied out, as their columns' bytes. */
  copyOut(text: string, onFirst?: () => void): Promise<readonly (readonly Uint8Array[])[]>;
}

export interface PreparingPool extends PostgresPool {
  connect(): Promise<PreparingClient>;
}

interface Statement {
  readonly text: string;
  readonly values: unknown[];
  readonly binary?: boolean;
}

/**
 * A pool whose sessions keep the statements that come often: parsing and planning cost most of ours
 * more than their execution. Plans may be made while the tables are still small, so the sessions
 * must run with `enable_seqscan=off`, or they would go on reading whole tables that have grown.
 */
export function preparingPool(pool: pg.Pool): PreparingPool {
  const nameOf = createStatementNames();
  const clients = new WeakMap<pg.PoolClient, PreparingClient>();

  function preparing(client: pg.PoolClient): PreparingClient {
    const send = <R>(statement: Statement, name: string | undefined) => {
      const prepared = name === undefined ? statement : { ...statement, name };
      return client.query(prepared) as Promise<unknown> as Promise<PostgresQueryResult<R>>;
    };
    const query = <R>(text: string, values: readonly unknown[]) =>
      send<R>({ text, values: [...values] }, values.length === 0 ? undefined : nameOf(text));
    return {
      // The overload for cursors is unused: nothing here streams.
      query: query as PostgresPoolClient['query'],
      queryBytes: (text, values) => send({ text, values: [...values], binary: true }, nameOf(text)),
      copyOut: (text, onFirst) =>
        new Promise((resolve, reject) => {
          const query = new CopyOut(
            text,
            (error) => {
              if (!error) resolve(query.copied);
              else reject(error);
            },
            onFirst,
          );
          client.query(query);
        }),
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
