import { setTimeout as sleep } from 'node:timers/promises';
import { createPartMembership } from '../run/part-membership.ts';
import { guardianLock, testClusterFolder, testPostgres } from './test-database.ts';

/**
 * A process of its own that ends the shared test cluster when nobody uses it: twice in a row, so
 * that test files running one after the other need not start it anew each.
 */
const LOOK_EVERY_MS = 1_000;

const IDLE_LOOKS = 2;

const folder = await testClusterFolder();
const guardian = guardianLock(folder);
// Two spawned at once: one is enough.
if (guardian.tryExclusive()) await guard();

async function guard(): Promise<void> {
  const postgres = testPostgres(folder);
  const membership = createPartMembership(folder);
  for (let idle = 0; idle < IDLE_LOOKS; ) {
    await sleep(LOOK_EVERY_MS);
    const isUnused = await membership.leave(async () => {
      idle++;
      if (idle < IDLE_LOOKS) return;
      await postgres.stop();
      // Before anyone can join again, who then sees that a new guardian is needed.
      guardian.release();
    });
    if (!isUnused) idle = 0;
  }
}
