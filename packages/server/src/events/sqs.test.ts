import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { EventIntake, Taken } from './event-intake.ts';
import { followQueue } from './follow-queue.ts';
import type { StoreMessage } from './read-message.ts';
import { createSqsEventQueue } from './sqs-event-queue.ts';
import { startTestQueue, type TestQueue } from './test-sqs.ts';

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a/secret+key' };
const REGION = 'eu-west-9';
const IGNORED = { foreignBucket: 0, otherKey: 0, otherEvent: 0, unreadable: 0, overload: 0 };

let queue: TestQueue;
let taken: StoreMessage[];
let warnings: string[];

beforeEach(async () => {
  queue = await startTestQueue({ ...KEYS, region: REGION, invisibleMs: 150 });
  taken = [];
  warnings = [];
});
afterEach(() => queue.close());

function follow(done: () => Promise<unknown> = async () => undefined, secret = KEYS) {
  const intake: EventIntake = {
    take(message): Taken {
      taken.push(message);
      return { accepted: 1, ignored: IGNORED, done: done() };
    },
    close: async () => undefined,
  };
  const settings = { url: queue.url, region: REGION };
  const log = {
    info: () => undefined,
    warn: (details: object, message: string) => {
      warnings.push(`${message} ${'err' in details ? String(details.err) : ''}`);
    },
  };
  return followQueue({
    queue: createSqsEventQueue(settings, secret, () => new Date()),
    intake,
    log: log as never,
  });
}

function record(key: string) {
  const s3 = { bucket: { name: 'b' }, object: { key } };
  return { eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3 };
}

describe('store events by SQS', () => {
  test('messages are acted on and removed, those that come later too', async () => {
    for (let n = 0; n < 25; n++) queue.send(JSON.stringify({ Records: [record(`a+${n}`)] }));
    const follower = follow();
    await queue.untilEmpty();
    queue.send(JSON.stringify({ Records: [record('later')] }));
    await queue.untilEmpty();
    await follower.close();
    const keys = taken.flatMap((one) => (one.kind === 'events' ? one.events : []));
    assert.deepEqual(
      new Set(keys.map(({ key }) => key)),
      new Set([...Array.from({ length: 25 }, (_, n) => `a ${n}`), 'later']),
    );
    assert.deepEqual(warnings, []);
  });

  test('what could not be acted on comes again', async () => {
    let tries = 0;
    queue.send(JSON.stringify({ Records: [record('k')] }));
    const follower = follow(async () => {
      tries++;
      if (tries < 3) throw new Error('the database is away');
    });
    await queue.untilEmpty();
    await follower.close();
    assert.equal(tries, 3);
    assert.equal(queue.deliveries, 3);
  });

  test('a test event and garbage are removed, garbage with a word about it', async () => {
    queue.send(JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' }));
    queue.send('garbage');
    queue.send('x'.repeat(200_000));
    const follower = follow();
    await queue.untilEmpty();
    await follower.close();
    assert.equal(warnings.filter((line) => line.includes('no store event')).length, 2);
  });

  test('a close ends a wait at once and lets work finish', async () => {
    const work = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    queue.send(JSON.stringify({ Records: [record('k')] }));
    const follower = follow(() => {
      begun.resolve();
      return work.promise;
    });
    await begun.promise;
    const closed = follower.close();
    work.resolve();
    await closed;
    assert.equal(queue.left, 0);
  });

  test('a wrong key is told with the queue’s words', async () => {
    const wrong = createSqsEventQueue(
      { url: queue.url, region: REGION },
      { ...KEYS, secretAccessKey: 'other' },
      () => new Date(),
    );
    const { signal } = new AbortController();
    await assert.rejects(wrong.receive({ signal }), /403: InvalidClientTokenId The signature/);
  });

  test('a queue that isn’t there is told, and asked again', async () => {
    const elsewhere = { url: `${queue.url}-not`, region: REGION };
    const missing = createSqsEventQueue(elsewhere, KEYS, () => new Date());
    const { signal } = new AbortController();
    await assert.rejects(missing.receive({ signal }), /400: QueueDoesNotExist The specified/);
    const follower = follow(undefined, { ...KEYS, secretAccessKey: 'other' });
    while (warnings.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    await follower.close();
    assert.match(warnings[0] ?? '', /cannot be asked .*InvalidClientTokenId/);
  });
});
