import { type RawBuilder, sql } from 'kysely';

/** A moment as whole microseconds since 1970, in digits: exact, whatever the session's settings. */
export function timeKey(column: RawBuilder<unknown>): RawBuilder<string> {
  return sql`(extract(epoch FROM ${column}) * 1000000)::bigint::text`;
}

export function momentOf(key: string): RawBuilder<Date> {
  return sql`('epoch'::timestamptz + ${key}::bigint * interval '1 microsecond')`;
}
