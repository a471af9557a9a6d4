import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../db/database.ts';
import type { UploadDeps } from '../uploads/upload-deps.ts';
import { createEventIntake } from './event-intake.ts';

test('a database that is away makes no fault that nobody hears', async () => {
  // Nothing listens on that port.
  const db = openDatabase({ url: 'postgres://127.0.0.1:1/none', max: 1 });
  const deps = { db, storage: { bucket: 'files', store: { name: 'ours' } } };
  const faults: unknown[] = [];
  const unheard: unknown[] = [];
  const note = (error: unknown) => unheard.push(error);
  process.on('unhandledRejection', note);
  const intake = createEventIntake(deps as unknown as UploadDeps, {
    log: { warn: (about: unknown) => faults.push(about) },
    quietMs: 1,
  });
  const key = 'v1/abc/01234567-0123-4123-a123-0123456789ab/0';
  const probe = 'probe/events/0123456789abcdef0123456789abcdef';
  const event = { kind: 'created', bucket: 'files' } as const;
  const events = [key, probe].map((one) => ({ ...event, key: one }));
  intake.take({ kind: 'events', events, unreadable: 0 });
  while (faults.length < 2) await sleep(5);
  await sleep(50);
  process.off('unhandledRejection', note);
  assert.deepEqual(unheard, []);
  await intake.close();
  await db.destroy();
});
