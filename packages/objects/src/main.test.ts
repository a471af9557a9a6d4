import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import {
  clientOf,
  readCredentials,
  type StoreProcess,
  spawnStore,
  temporaryFolder,
} from './test-store.ts';

const Bucket = 'valise';
let data: string;
let running: StoreProcess[] = [];
beforeEach(async () => {
  data = await temporaryFolder();
});
afterEach(async () => {
  for (const { child, exited } of running) {
    child.kill('SIGKILL');
    await exited;
  }
  running = [];
  await rm(data, { recursive: true });
});

function start(env: Record<string, string> = {}): StoreProcess {
  const store = spawnStore(data, env);
  running.push(store);
  return store;
}

const connect = async (): Promise<S3Client> =>
  clientOf(await readCredentials(join(data, 'objects')));

/** Content that says itself what it must be: a key is the hash of its bytes. */
async function putHashed(client: S3Client, size: number): Promise<string> {
  const Body = randomBytes(size);
  const Key = createHash('sha256').update(Body).digest('hex');
  await client.send(new PutObjectCommand({ Bucket, Key, Body }));
  return Key;
}

async function beginUpload(client: S3Client) {
  const at = { Bucket, Key: 'assembled' };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at));
  return {
    async part(PartNumber: number, size: number): Promise<string> {
      const part = { ...at, UploadId, PartNumber, Body: randomBytes(size) };
      return (await client.send(new UploadPartCommand(part))).ETag ?? '';
    },
    async parts(): Promise<(string | undefined)[]> {
      const { Parts = [] } = await client.send(new ListPartsCommand({ ...at, UploadId }));
      return Parts.map(({ ETag }) => ETag);
    },
  };
}

async function verified(client: S3Client): Promise<Set<string>> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
  const keys = new Set<string>();
  for (const { Key = '' } of Contents) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    assert.equal(createHash('sha256').update(bytes).digest('hex'), Key);
    keys.add(Key);
  }
  return keys;
}

describe('the store process', () => {
  it('keeps what it acknowledged through kill -9, and nothing half', async () => {
    const acknowledged = new Set<string>();
    for (let round = 0; round < 3; round += 1) {
      const store = start();
      assert.ok(await store.listening);
      const client = await connect();
      for (const key of await verified(client)) acknowledged.add(key);
      const before = acknowledged.size;
      const writers = [500, 60_000, 300_000, 2_000_000].map(async (size) => {
        for (;;) {
          const key = await putHashed(client, size).catch(() => null);
          if (key === null) return;
          acknowledged.add(key);
          if (acknowledged.size - before >= 10 + round) store.child.kill('SIGKILL');
        }
      });
      await Promise.all(writers);
      await store.exited;
      client.destroy();
    }
    assert.ok(await start().listening);
    const client = await connect();
    const found = await verified(client);
    for (const key of acknowledged) assert.ok(found.has(key), `${key} was acknowledged`);
    client.destroy();
  });

  it('stops on SIGTERM when what runs is done, and starts again with the same keys', async () => {
    const first = start();
    assert.ok(await first.listening);
    const keys = await readCredentials(join(data, 'objects'));
    assert.equal((await stat(join(data, 'objects', 'credentials.json'))).mode & 0o777, 0o600);
    const client = await connect();
    const puts = [putHashed(client, 3_000_000), putHashed(client, 100)];
    await puts[1];
    first.child.kill('SIGTERM');
    await puts[0];
    assert.equal(await first.exited, 0);
    client.destroy();
    assert.ok(await start().listening);
    const { endpoint, ...again } = await readCredentials(join(data, 'objects'));
    assert.deepEqual({ endpoint: keys.endpoint, ...again }, keys);
    const second = await connect();
    assert.deepEqual(await verified(second), new Set(await Promise.all(puts)));
    second.destroy();
  });

  it('lets one process alone have a folder', async () => {
    assert.ok(await start().listening);
    const second = start();
    assert.equal(await second.listening, null);
    assert.equal(await second.exited, 3);
    assert.match(second.stderr(), /another process serves this folder/);
  });

  it('notes the pid of the process that holds the folder, whoever else was started', async () => {
    const pidFile = join(data, 'store.pid');
    const env = { VALISE_OBJECTS_PID_FILE: pidFile };
    const first = start(env);
    await first.listening;
    const second = start(env);
    assert.equal(await second.exited, 3);
    assert.equal(await readFile(pidFile, 'utf8'), `${first.child.pid}\n`);
  });

  it('refuses a folder that is not its own, and touches nothing there', async () => {
    await mkdir(join(data, 'objects'));
    await writeFile(join(data, 'objects', 'thesis.odt'), 'x');
    const store = start();
    assert.equal(await store.exited, 1);
    assert.match(store.stderr(), /not empty and was not made by this store/);
    assert.deepEqual(await readdir(join(data, 'objects')), ['thesis.odt']);
  });

  it('names the variable when its port is taken or its settings are wrong', async () => {
    const first = await start().listening;
    const port = new URL(first?.endpoint ?? '').port;
    const other = spawnStore(join(data, 'other'), { VALISE_OBJECTS_PORT: port });
    assert.equal(await other.exited, 1);
    assert.match(other.stderr(), /EADDRINUSE.*VALISE_OBJECTS_PORT/);
    const wrong = start({ VALISE_OBJECTS_PORT: 'many', VALISE_TLS_CERT: '/x' });
    assert.equal(await wrong.exited, 1);
    assert.match(wrong.stderr(), /VALISE_OBJECTS_PORT.*VALISE_TLS_KEY/);
  });

  it('outlives whoever started it, closed pipes included', async () => {
    const store = start();
    assert.ok(await store.listening);
    store.child.stdout?.destroy();
    store.child.stderr?.destroy();
    const client = await connect();
    const missing = new GetObjectCommand({ Bucket, Key: 'missing' });
    for (let i = 0; i < 5; i += 1)
      await assert.rejects(client.send(missing), { name: 'NoSuchKey' });
    client.destroy();
  });

  it('answers 507 when the disk takes no more, keeps nothing half and goes on', async () => {
    // A limit on the size of files stands for the full disk: the kernel refuses the write.
    const main = new URL('./main.ts', import.meta.url).pathname;
    const script = `trap '' XFSZ; ulimit -f 1024; exec "$0" "$1"`;
    const env = { ...process.env, VALISE_DATA: data, VALISE_OBJECTS_PORT: '0' };
    const child = spawn('bash', ['-c', script, process.execPath, main], { env });
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    const client = await connect();
    const fits = await putHashed(client, 500_000);
    await assert.rejects(putHashed(client, 3_000_000), { name: 'InsufficientStorage' });
    // In the middle of a part as well; what the upload has stays, and goes on when there is room.
    const upload = await beginUpload(client);
    const first = await upload.part(1, 500_000);
    await assert.rejects(upload.part(2, 6_000_000), { name: 'InsufficientStorage' });
    assert.deepEqual(await upload.parts(), [first]);
    // The journal is limited as well: small content fills it up.
    const small = Array.from({ length: 40 }, () => putHashed(client, 50_000));
    const outcomes = await Promise.allSettled(small);
    const kept = outcomes.flatMap((put) => (put.status === 'fulfilled' ? [put.value] : []));
    assert.ok(kept.length > 0 && kept.length < 40);
    assert.deepEqual(await verified(client), new Set([fits, ...kept]));
    assert.deepEqual(await readdir(join(data, 'objects', 'temp')), []);
    client.destroy();
    child.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
    assert.ok(await start().listening);
    const again = await connect();
    assert.deepEqual(await verified(again), new Set([fits, ...kept]));
    await putHashed(again, 3_000_000);
    again.destroy();
  });
});
