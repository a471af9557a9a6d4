import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { CopyObjectCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Logger } from 'pino';
import { runCompact } from '../commands.ts';
import { readSettings } from '../settings/settings.ts';
import type { Journal } from '../storage/journal.ts';
import { startTestStore, temporaryFolder } from '../test-store.ts';
import { startEventSender } from './event-sender.ts';

const Bucket = 'valise';
let hook: Server;
let folder: string;
let answer = 200;
const told: string[] = [];
const secrets = new Set<string | undefined>();
let heard: () => void = () => undefined;

before(async () => {
  folder = await temporaryFolder();
  hook = createServer(async (request, response) => {
    secrets.add(request.headers.authorization);
    let body = '';
    for await (const bytes of request) body += bytes;
    response.writeHead(answer).end();
    if (answer !== 200) return;
    for (const { eventName, s3 } of JSON.parse(body).Records) {
      told.push(`${eventName} ${s3.bucket.name} ${s3.object.key} ${s3.object.size ?? ''}`.trim());
    }
    heard();
  });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
});
after(async () => {
  hook.close();
  hook.closeAllConnections();
  await rm(folder, { recursive: true });
});

async function until(count: number): Promise<void> {
  while (told.length < count) {
    await new Promise<void>((resolve) => {
      heard = resolve;
    });
  }
}

const target = () => {
  const { port } = hook.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, secret: 'token' };
};

describe('events', () => {
  it("are told in order and in AWS's shape, through failures and restarts", async () => {
    let store = await startTestStore(folder, target());
    const put = (Key: string) =>
      store.client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    await put('a b/ü');
    await until(1);
    answer = 500;
    await put('b');
    await store.client.send(new CopyObjectCommand({ Bucket, Key: 'c', CopySource: 'valise/b' }));
    // Ends while the hook refuses: what it hasn't taken waits on the disk.
    await store.close();
    answer = 200;
    store = await startTestStore(folder, target());
    await store.client.send(new DeleteObjectCommand({ Bucket, Key: 'b' }));
    await until(4);
    await store.close();
    assert.deepEqual(told, [
      'ObjectCreated:Put valise a+b/%C3%BC 1',
      'ObjectCreated:Put valise b 1',
      'ObjectCreated:Copy valise c 1',
      'ObjectRemoved:Delete valise b',
    ]);
    assert.deepEqual(secrets, new Set(['Bearer token']));
  });

  it('outlive a compaction of a store that is stopped', async () => {
    answer = 500;
    told.length = 0;
    const data = await temporaryFolder();
    const objects = join(data, 'objects');
    let store = await startTestStore(objects, target());
    const put = (Key: string) =>
      store.client.send(new PutObjectCommand({ Bucket, Key, Body: Key.repeat(1000) }));
    for (const key of ['d', 'e', 'f']) await put(key);
    await store.client.send(new DeleteObjectCommand({ Bucket, Key: 'e' }));
    await store.stop();
    const lines: object[] = [];
    for (let times = 0; times < 2; times += 1) {
      const code = await runCompact(readSettings({ VALISE_DATA: data }), (line) => {
        lines.push(line);
      });
      assert.equal(code, 0);
    }
    assert.equal(lines.length, 2);
    answer = 200;
    store = await startTestStore(objects, target());
    await put('g');
    await until(5);
    assert.deepEqual(
      told.map((text) =>
        text
          .split(' ')
          .filter((_, at) => at !== 1 && at !== 3)
          .join(' '),
      ),
      [
        'ObjectCreated:Put d',
        'ObjectCreated:Put e',
        'ObjectCreated:Put f',
        'ObjectRemoved:Delete e',
        'ObjectCreated:Put g',
      ],
    );
    await store.stop();
    await rm(data, { recursive: true });
  });

  it('go on when the disk takes no notes, and when the journal could not be read', async () => {
    answer = 200;
    told.length = 0;
    const faults: string[] = [];
    const note = (_about: object, what: string) => faults.push(what);
    const unheard: unknown[] = [];
    const onUnheard = (error: unknown) => unheard.push(error);
    process.on('unhandledRejection', onUnheard);
    const end = { segment: 1, offset: 0 };
    const record = { t: 'put', bucket: Bucket, key: 'h', at: 0, size: 1, etag: 'e' };
    let reads = 0;
    const journal = {
      end,
      start: end,
      has: () => true,
      async *durableFrom() {
        reads++;
        if (reads === 1) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
        yield { frame: { record, length: 1 }, at: end };
      },
    } as unknown as Journal;
    const sender = await startEventSender(journal, target(), {
      cursorPath: join(folder, 'no such folder', 'events.json'),
      log: { warn: note, error: note } as unknown as Logger,
      retryMs: 1,
    });
    sender.wake();
    await until(1);
    await sender.stop();
    await setImmediate();
    process.off('unhandledRejection', onUnheard);
    assert.deepEqual(unheard, []);
    assert.ok(faults.includes('the journal cannot be read for events'));
    assert.ok(faults.includes('the disk takes no note of the events that were told'));
  });
});
