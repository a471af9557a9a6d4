import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { sql } from 'kysely';
import { inPipelinedTransaction } from './pipelined-transaction.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase({ migrated: false });
  await sql`CREATE TABLE counters (id integer PRIMARY KEY, n integer NOT NULL)`.execute(
    database.db,
  );
});
after(() => database.close());
beforeEach(async () => {
  await sql`DELETE FROM counters`.execute(database.db);
  await sql`INSERT INTO counters VALUES (1, 0)`.execute(database.db);
});

const counters = async () =>
  (await sql<{ id: number; n: number }>`SELECT * FROM counters ORDER BY id`.execute(database.db))
    .rows;
const numbers = sql<{ n: number }>`SELECT n FROM counters WHERE id = 1`;
const increment = sql<{ n: number }>`UPDATE counters SET n = n + 1 WHERE id = 1 RETURNING n`;
const insert = (id: number) => sql<{ id: number }>`
  INSERT INTO counters VALUES (${id}, 0) RETURNING id`;

test('statements see what the ones before them did; the last one’s rows are the answer', async () => {
  const rows = await inPipelinedTransaction(database.db, async (tx) => {
    const [first, second] = await tx.send(increment, numbers);
    assert.deepEqual([first, second], [[{ n: 1 }], [{ n: 1 }]]);
    const [third] = await tx.send(increment);
    assert.deepEqual(third, [{ n: 2 }]);
    return insert(7);
  });
  assert.deepEqual(rows, [{ id: 7 }]);
  assert.deepEqual(await counters(), [
    { id: 1, n: 2 },
    { id: 7, n: 0 },
  ]);
});

test('nothing is written when there is nothing to write, or when anything fails', async () => {
  const { db } = database;
  const looked = await inPipelinedTransaction(db, async (tx) => {
    await tx.send(increment);
    return null;
  });
  assert.deepEqual(looked, []);
  const failing = sql<{ n: number }>`SELECT 1 / (n - n) AS n FROM counters`;
  const attempts: Parameters<typeof inPipelinedTransaction>[1][] = [
    (tx) => tx.send(increment, failing).then(() => increment),
    (tx) => tx.send(increment).then(() => insert(1)),
    (tx) => tx.send(increment).then(() => Promise.reject(new Error('changed our mind'))),
    () => Promise.reject(new Error('without having looked')),
  ];
  // More often than there are connections: each must be as good as new.
  for (let round = 0; round < 6; round++) {
    for (const attempt of attempts) await assert.rejects(inPipelinedTransaction(db, attempt));
  }
  assert.deepEqual(await counters(), [{ id: 1, n: 0 }]);
});

test('a connection that breaks is an error, and not given to the next one', async () => {
  const { db } = database;
  await assert.rejects(
    inPipelinedTransaction(db, async (tx) => {
      await tx.send(increment, sql`SELECT pg_terminate_backend(pg_backend_pid())`);
      return increment;
    }),
  );
  await inPipelinedTransaction(db, async () => increment);
  assert.deepEqual(await counters(), [{ id: 1, n: 1 }]);
});

test('many at once count right', async () => {
  const bump = () =>
    inPipelinedTransaction(database.db, async (tx) => {
      await tx.send(sql`SELECT FROM counters WHERE id = 1 FOR UPDATE`);
      return increment;
    });
  const rows = (await Promise.all(Array.from({ length: 40 }, bump))).flat();
  assert.equal(new Set(rows.map((row) => row.n)).size, 40);
});
