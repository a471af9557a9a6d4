import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../db/database.ts';
import { newProbeKey, takeProbe } from '../events/event-probes.ts';
import { systemAmbient } from '../run/ambient.ts';
import { type Finding, failed, ok, skipped } from './finding.ts';
import type { ExpectedEvents } from './patient.ts';
import { putProbe, type StoreVisit } from './store-visit.ts';

const CHECK = 'store.events';
/** Where none are expected. */
const PATIENCE_MS = 5_000;
/** Stores whose hook was away a moment ago, and the first event of Ceph's topics, take half a minute. */
const LONG_PATIENCE_MS = 40_000;
const POLL_MS = 100;

/** Whether the server hears of a new object from the store itself: it notes so in the database. */
export async function checkEvents(visit: StoreVisit, canHear: boolean): Promise<Finding> {
  const { databaseUrl, isStoreEmbedded, events } = visit.patient;
  if (!canHear || databaseUrl === null) {
    return skipped(CHECK, 'There is no server that could hear of them.');
  }
  const key = newProbeKey(systemAmbient);
  await putProbe(visit, { key, body: Buffer.from('probe') });
  const patience = events.kind === 'none' ? PATIENCE_MS : LONG_PATIENCE_MS;
  const took = await untilHeard(databaseUrl, key, patience);
  if (took !== null)
    return ok(CHECK, `The server hears from the store of a new object (${took} ms).`);
  const instead = 'The sweeper finds within a minute what a dead client has sent.';
  if (isStoreEmbedded) {
    const mend =
      'Restart server and store (npm start). If VALISE_EVENTS_URL is set, unset it or have it lead to /events/s3 of the API.';
    return failed(
      CHECK,
      `The embedded store does not tell the server of new objects. ${instead}`,
      mend,
    );
  }
  if (events.kind === 'none') return skipped(CHECK, `The store sends no events. ${instead}`);
  const setting = events.kind === 'queue' ? 'VALISE_EVENTS_SQS_URL' : 'VALISE_EVENTS_SECRET';
  const says = `No event of the store arrives, though ${setting} is set. ${instead}`;
  return failed(CHECK, says, mendOf(events, visit));
}

function mendOf(events: ExpectedEvents, { patient: { url }, settings }: StoreVisit): string {
  if (events.kind === 'queue') {
    return `Have the bucket send s3:ObjectCreated:* of ${settings.bucket} to the queue (aws s3api put-bucket-notification-configuration), let S3 send to it by the queue's policy, and S3_ACCESS_KEY_ID sqs:ReceiveMessage and sqs:DeleteMessage. As the server asks it: aws sqs receive-message --queue-url ${events.url}`;
  }
  return `Have it POST s3:ObjectCreated:* of ${settings.bucket} to ${url}/events/s3 with "Authorization: Bearer $VALISE_EVENTS_SECRET", or to ${url}/events/s3?token=$VALISE_EVENTS_SECRET`;
}

async function untilHeard(databaseUrl: string, key: string, ms: number): Promise<number | null> {
  const db = openDatabase({ url: databaseUrl, max: 1, applicationName: 'valise doctor' });
  const begun = performance.now();
  try {
    while (performance.now() - begun < ms) {
      if (await takeProbe(db, key)) return Math.round(performance.now() - begun);
      await sleep(POLL_MS);
    }
    return null;
  } finally {
    await db.destroy();
  }
}
