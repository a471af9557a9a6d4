import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AppError } from '@valise/core/errors';
import { sql } from 'kysely';
import { copyBytes } from './copy-bytes.ts';
import { inTransaction, openDatabase } from './database.ts';
import { asAppError, isUniqueViolation } from './database-errors.ts';
import { queryBytes } from './query-bytes.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
  await sql`CREATE TABLE counters (id integer PRIMARY KEY, n integer NOT NULL)`.execute(
    database.db,
  );
  await sql`INSERT INTO counters VALUES (1, 0), (2, 0)`.execute(database.db);
});
after(() => database.close());

test('values arrive as the tables say', async () => {
  const { rows } =
    await sql`SELECT 9007199254740991::bigint AS large, ARRAY[1, NULL]::bigint[] AS list,
    '2026-01-02T03:04:05.678Z'::timestamptz AS at, '\\x00ff'::bytea AS bytes`.execute(database.db);
  assert.deepEqual(rows, [
    {
      large: Number.MAX_SAFE_INTEGER,
      list: [1, null],
      at: new Date('2026-01-02T03:04:05.678Z'),
      bytes: Buffer.from([0, 255]),
    },
  ]);
});

test('texts arrive as their bytes where they are only passed on', async () => {
  const statement = (text: string) =>
    sql<{ readonly text: Uint8Array; readonly more: Uint8Array }>`
      SELECT ${text}::text AS text, 7::bigint::text AS more`;
  // Often enough to be prepared.
  for (const text of ['plain', 'ü \u2028 "', '', '漢'.repeat(50_000), 'again']) {
    assert.deepEqual(await queryBytes(database.db, statement(text)), [
      { text: Buffer.from(text), more: Buffer.from('7') },
    ]);
    assert.deepEqual(await copyBytes(database.db, statement(text), ['text', 'more']), [
      { text: Buffer.from(text), more: Buffer.from('7') },
    ]);
  }
  const failing = sql<Record<string, Uint8Array>>`SELECT 1 / 0`;
  await assert.rejects(queryBytes(database.db, failing), { code: '22012' });
  await assert.rejects(copyBytes(database.db, failing, []), { code: '22012' });
  const quoted = sql<{ text: Uint8Array }>`SELECT ${"'; \\ $1"}::text AS text`;
  assert.deepEqual(await copyBytes(database.db, quoted, ['text']), [
    { text: Buffer.from("'; \\ $1") },
  ]);
});

test('rows that are copied out come in order, however many', async () => {
  const many = sql<{ n: Uint8Array; text: Uint8Array }>`
    SELECT n::text, repeat('x', n) FROM generate_series(0, ${2_000}::int) AS t (n)
      ORDER BY t.n`;
  const rows = await copyBytes(database.db, many, ['n', 'text']);
  assert.equal(rows.length, 2_001);
  for (const [n, { n: told, text }] of rows.entries()) {
    assert.equal(String(told), String(n));
    assert.equal(text.length, n);
  }
});

test('a bigint that a number cannot hold is refused, not rounded', async () => {
  await assert.rejects(sql`SELECT 9007199254740993::bigint`.execute(database.db), RangeError);
});

test('a deadlock is repeated until both transactions are done', async () => {
  let entered = 0;
  let open: () => void = () => undefined;
  const bothInside = new Promise<void>((resolve) => {
    open = resolve;
  });
  const bump = (first: number, second: number) =>
    inTransaction(database.db, async (tx) => {
      await sql`UPDATE counters SET n = n + 1 WHERE id = ${first}`.execute(tx);
      if (++entered === 2) open();
      await bothInside;
      await sql`UPDATE counters SET n = n + 1 WHERE id = ${second}`.execute(tx);
    });
  await Promise.all([bump(1, 2), bump(2, 1)]);
  const { rows } = await sql`SELECT n FROM counters`.execute(database.db);
  assert.deepEqual(rows, [{ n: 2 }, { n: 2 }]);
  assert.ok(entered > 2, 'there was no deadlock');
});

test('other faults are thrown at once and undo the transaction', async () => {
  let calls = 0;
  const work = inTransaction(database.db, async (tx) => {
    calls++;
    await sql`INSERT INTO counters VALUES (3, 0)`.execute(tx);
    await sql`INSERT INTO counters VALUES (3, 0)`.execute(tx);
  });
  await assert.rejects(work, (error) => isUniqueViolation(error, 'counters_pkey'));
  assert.equal(calls, 1);
  const { rows } = await sql`SELECT 1 FROM counters WHERE id = 3`.execute(database.db);
  assert.deepEqual(rows, []);
});

test('a server that is away is database-unavailable', async () => {
  const away = openDatabase({ url: 'postgres://nobody:x@127.0.0.1:9/none' });
  const fault = await sql`SELECT 1`.execute(away).catch((error: unknown) => error);
  assert.equal(asAppError(fault)?.code, 'database-unavailable');
  await away.destroy();
});

test('a connection that is cut under a statement is database-unavailable, and replaced', async () => {
  const cut = sql`SELECT pg_terminate_backend(pg_backend_pid())`.execute(database.db);
  const fault = await cut.catch((error: unknown) => error);
  assert.equal(asAppError(fault)?.code, 'database-unavailable');
  // The pool may not have noticed yet; until it has, the fault is the same.
  const again = () => sql`SELECT 1 AS one`.execute(database.db).catch(asAppError);
  let answer = await again();
  for (let tries = 0; answer instanceof AppError && tries < 10; tries++) answer = await again();
  assert.ok(answer !== undefined && 'rows' in answer);
});

test('a statement that takes too long is ended and may be repeated', async () => {
  const impatient = openDatabase({ url: database.url, statementTimeoutMs: 20 });
  const fault = await sql`SELECT pg_sleep(5)`.execute(impatient).catch((error: unknown) => error);
  assert.equal(asAppError(fault)?.code, 'database-unavailable');
  await impatient.destroy();
});

test('only known faults are translated', () => {
  const known = new AppError('name-taken');
  assert.equal(asAppError(known), known);
  const full = Object.assign(new Error('could not extend file'), { code: '53100' });
  assert.equal(asAppError(full)?.code, 'storage-full');
  assert.equal(asAppError(Object.assign(new Error('syntax'), { code: '42601' })), undefined);
  assert.equal(asAppError(new TypeError('a bug')), undefined);
  assert.equal(asAppError('text'), undefined);
});
