import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import {
  CreateMultipartUploadCommand,
  DeleteBucketCorsCommand,
  DeleteBucketLifecycleCommand,
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { openStorage } from '../storage/storage.ts';
import { clientOf, startTestStore, type TestStore } from '../test-store.ts';
import { abortStaleUploads } from './stale-uploads.ts';

const Bucket = 'valise';
const DAY_MS = 24 * 3600 * 1000;
let store: TestStore;
before(async () => {
  store = await startTestStore();
});
after(() => store.close());

async function uploadKeys(): Promise<readonly (string | undefined)[]> {
  const { Uploads = [] } = await store.client.send(new ListMultipartUploadsCommand({ Bucket }));
  return Uploads.map(({ Key }) => Key);
}

describe('a lifecycle', () => {
  const rule = (ID: string, Prefix: string, DaysAfterInitiation: number) => ({
    ID,
    Filter: { Prefix },
    Status: 'Enabled' as const,
    AbortIncompleteMultipartUpload: { DaysAfterInitiation },
  });

  it('is kept, given back and removed', async () => {
    const get = new GetBucketLifecycleConfigurationCommand({ Bucket });
    await assert.rejects(store.client.send(get), { name: 'NoSuchLifecycleConfiguration' });
    const Rules = [rule('a', 'tmp/', 1), rule('b', '', 9)];
    const put = { Bucket, LifecycleConfiguration: { Rules } };
    await store.client.send(new PutBucketLifecycleConfigurationCommand(put));
    assert.deepEqual((await store.client.send(get)).Rules, Rules);
    await store.client.send(new DeleteBucketLifecycleCommand({ Bucket }));
    await assert.rejects(store.client.send(get), { name: 'NoSuchLifecycleConfiguration' });
  });

  it('that would delete objects is refused, not ignored', async () => {
    const Rules = [{ Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 1 } }];
    const put = { Bucket, LifecycleConfiguration: { Rules } };
    await assert.rejects(store.client.send(new PutBucketLifecycleConfigurationCommand(put)), {
      name: 'NotImplemented',
    });
  });

  it('aborts uploads that outlived it, by default after thirty days', async () => {
    const own = await startTestStore();
    for (const Key of ['tmp/a', 'keep/b']) {
      await own.client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    }
    await own.stop();
    const onBroken = (error: unknown): never => {
      throw error;
    };
    const storage = await openStorage(own.folder, { onBroken });
    const later = (days: number) => abortStaleUploads(storage, { now: Date.now() + days * DAY_MS });
    assert.equal(await later(29), 0);
    const rules = [{ id: 'a', enabled: true, prefix: 'tmp/', days: 2 }];
    const config = { t: 'config', bucket: Bucket, name: 'lifecycle' } as const;
    const set = (value: string | null) =>
      storage.commit(() => ({ records: [{ ...config, value }], result: null }));
    await set(JSON.stringify(rules));
    assert.equal(await later(1), 0);
    assert.equal(await later(3), 1);
    assert.equal(await later(300), 0);
    await set(null);
    assert.equal(await later(31), 1);
    await storage.close();
    await own.close();
  });

  it('leaves running uploads alone', async () => {
    await store.client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'running' }));
    assert.deepEqual(await uploadKeys(), ['running']);
  });
});

describe('CORS rules', () => {
  const CORSRules = [
    {
      AllowedOrigins: ['https://*.example.com'],
      AllowedMethods: ['GET', 'PUT'],
      AllowedHeaders: ['content-type', 'x-amz-*'],
      ExposeHeaders: ['ETag'],
      MaxAgeSeconds: 60,
    },
  ];
  const preflight = (origin: string, method: string, headers: string): Promise<Response> =>
    fetch(`${store.credentials.endpoint}/${Bucket}/x`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': headers,
      },
    });

  it('are kept, given back, honoured and removed', async () => {
    const get = new GetBucketCorsCommand({ Bucket });
    await assert.rejects(store.client.send(get), { name: 'NoSuchCORSConfiguration' });
    const put = { Bucket, CORSConfiguration: { CORSRules } };
    await store.client.send(new PutBucketCorsCommand(put));
    assert.deepEqual((await store.client.send(get)).CORSRules, CORSRules);

    const allowed = await preflight('https://app.example.com', 'PUT', 'Content-Type, x-amz-date');
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://app.example.com');
    assert.equal(allowed.headers.get('access-control-max-age'), '60');
    for (const [origin, method, headers] of [
      ['https://example.org', 'PUT', ''],
      ['https://app.example.com', 'DELETE', ''],
      ['https://app.example.com', 'PUT', 'authorization'],
    ] as const) {
      assert.equal((await preflight(origin, method, headers)).status, 403);
    }

    await store.client.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x' }));
    const url = await getSignedUrl(store.client, new GetObjectCommand({ Bucket, Key: 'x' }));
    const own = await fetch(url, { headers: { origin: 'https://app.example.com' } });
    assert.equal(own.headers.get('access-control-allow-origin'), 'https://app.example.com');
    assert.equal(own.headers.get('access-control-expose-headers'), 'ETag');
    const foreign = await fetch(url, { headers: { origin: 'https://example.org' } });
    assert.equal(foreign.headers.get('access-control-allow-origin'), null);

    await store.client.send(new DeleteBucketCorsCommand({ Bucket }));
    assert.equal((await preflight('https://example.org', 'PUT', 'x')).status, 204);
  });
});

describe('virtual-hosted addressing', () => {
  it('finds the bucket in the host, as SDKs write it by default', async () => {
    const { port } = new URL(store.credentials.endpoint);
    const endpoint = `http://localhost:${port}`;
    const client = clientOf({ ...store.credentials, endpoint }, { forcePathStyle: false });
    const Key = 'valise/../odd key';
    const url = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key }));
    client.destroy();
    const { host } = new URL(url);
    assert.equal(host, `valise.localhost:${port}`);
    const raw = url.slice(url.indexOf(host) + host.length);
    const status = await new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path: raw, method: 'PUT', headers: { host } };
      const sent = request(options, (answer) => resolve(answer.resume().statusCode));
      sent.on('error', reject).end('hosted');
    });
    assert.equal(status, 200);
    const { Body } = await store.client.send(new GetObjectCommand({ Bucket, Key }));
    assert.equal(await Body?.transformToString(), 'hosted');
  });
});
