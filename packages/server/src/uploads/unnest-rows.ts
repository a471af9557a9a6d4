import { type RawBuilder, sql } from 'kysely';

/** Per column its SQL type and where its value comes from. */
export type UnnestColumns<Row> = Readonly<
  Record<string, readonly [type: string, pick: (row: Row) => unknown]>
>;

/** `unnest(…) AS t (…)`: many rows as one parameter per column, so one statement whatever N. */
export function unnestRows<Row>(
  rows: readonly Row[],
  columns: UnnestColumns<Row>,
): RawBuilder<unknown> {
  const arrays = Object.values(columns).map(
    ([type, pick]) => sql`${rows.map(pick)}::${sql.raw(type)}[]`,
  );
  const names = Object.keys(columns).map((name) => sql.ref(name));
  return sql`unnest(${sql.join(arrays)}) AS t (${sql.join(names)})`;
}

/** The names of those columns, for the head of an INSERT. */
export function columnNames<Row>(columns: UnnestColumns<Row>): RawBuilder<unknown> {
  return sql.join(Object.keys(columns).map((name) => sql.ref(name)));
}
