import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awaitDatabase } from './await-database.ts';
import { createTestDatabase } from './test-database.ts';

test('a database that stays away is named, without the password', async () => {
  const url = 'postgres://me:hidden@127.0.0.1:9/none';
  const fault = await awaitDatabase(url, 0).catch((error: Error) => error);
  assert.ok(fault instanceof Error);
  assert.match(fault.message, /The database at 127\.0\.0\.1:9\/none \(DATABASE_URL\) refuses/);
  assert.doesNotMatch(fault.message, /hidden/);
});

test('a database that refuses us is not waited for', async () => {
  const database = await createTestDatabase();
  await awaitDatabase(database.url);
  const wrong = new URL(database.url);
  wrong.password = 'wrong';
  await assert.rejects(awaitDatabase(wrong.href), /refuses: password authentication failed/);
  await database.close();
});
