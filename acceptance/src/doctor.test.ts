import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  DeleteBucketLifecycleCommand,
  GetBucketCorsCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Json } from './harness/api.ts';
import { answer, type Break, BreakingProxy } from './harness/breaking-proxy.ts';
import { valise } from './harness/cli.ts';
import { assertFails, bad, examineServer } from './harness/doctor.ts';
import { freePorts, TestServer } from './harness/server.ts';
import { connect, isEmbedded, skipUnlessEmbedded, usedStore } from './harness/store.ts';

describe('valise doctor', () => {
  let server: TestServer;
  let proxy: BreakingProxy;
  let client: S3Client;
  let Bucket: string;
  let store: Record<string, string>;
  before(async () => {
    server = await TestServer.start();
    ({ client, bucket: Bucket } = await connect(server.data));
    store = await usedStore(server.data);
    proxy = await BreakingProxy.start(store.S3_ENDPOINT ?? '');
  });
  after(async () => {
    client.destroy();
    await proxy[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const examine = (env: Record<string, string> = {}, args: string[] = []) =>
    examineServer(server, env, args);
  const throughProxy = () => ({ ...store, S3_ENDPOINT: proxy.url });
  async function keys(): Promise<(string | undefined)[]> {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
    return Contents.map(({ Key }) => Key);
  }

  test('finds nothing wrong with what works, and leaves nothing behind', async () => {
    const before = await keys();
    for (const env of [{}, throughProxy()]) {
      const examined = await examine(env, ['--fix']);
      assert.deepEqual(bad(examined), []);
      assert.deepEqual([examined.code, examined.healthy], [0, true]);
      const states = new Set([...examined.findings.values()].map(({ state }) => state));
      assert.deepEqual(states.difference(new Set(['ok', 'fixed', 'skipped'])), new Set());
      assert.ok([...examined.findings.values()].filter(({ state }) => state === 'ok').length > 15);
    }
    assert.deepEqual(await keys(), before);
    await client.send(new DeleteBucketLifecycleCommand({ Bucket }));
  });

  test('prints lines for people', async () => {
    const { stdout, code } = await valise(['doctor'], { home: server.data, env: server.env });
    assert.equal(code, 0);
    assert.match(stdout, /^ok {7}database {9}PostgreSQL/m);
    assert.match(stdout, /\d+ ok/);
  });

  test('answers programs at the operations port, and no page', async () => {
    const asked = await fetch(`${server.ops}/doctor`, { method: 'POST' });
    assert.equal(asked.status, 200);
    const { healthy, findings } = (await asked.json()) as Json;
    assert.equal(healthy, true);
    const states = new Map(
      findings.map(({ check, state }: Record<string, string>) => [check, state]),
    );
    for (const check of ['database', 'bus', 'api', 'store.cors', 'cdn', 'clocks']) {
      assert.equal(states.get(check), 'ok', check);
    }
    const headers = { origin: 'https://somewhere.example' };
    const paged = await fetch(`${server.ops}/doctor?fix=true`, { method: 'POST', headers });
    assert.equal(paged.status, 403);
    assert.equal((await fetch(`${server.ops}/doctor`)).status, 405);
    assert.equal((await fetch(`${server.url}/doctor`, { method: 'POST' })).status, 404);
  });

  test('sees whether the store tells the server of new objects', async () => {
    const { findings } = await examine();
    assert.equal(findings.get('store.events')?.state, isEmbedded ? 'ok' : 'skipped');
    if (isEmbedded) return;
    const promised = await examine({ VALISE_EVENTS_SECRET: 'nobody was told' });
    assertFails(promised, 'store.events', /POST s3:ObjectCreated.*\/events\/s3/);
  });

  test('finds out an embedded store that tells somebody else', {
    skip: skipUnlessEmbedded,
  }, async () => {
    await using other = await TestServer.start({
      env: { VALISE_EVENTS_URL: 'http://127.0.0.1:9/nobody' },
    });
    assertFails(await examineServer(other), 'store.events', /VALISE_EVENTS_URL/);
  });

  test('names the setting that leads nowhere', async () => {
    const [port] = await freePorts(1);
    const nowhere = `127.0.0.1:${port}`;
    const lost = await examine({ DATABASE_URL: `postgres://a:secret@${nowhere}/b` });
    assertFails(lost, 'database', /DATABASE_URL/);
    assert.equal(lost.findings.get('bus')?.state, 'skipped');
    assert.ok(!JSON.stringify([...lost.findings]).includes('secret'));
    assertFails(await examine({ REDIS_URL: `redis://${nowhere}` }), 'bus', /REDIS_URL/);
    assertFails(await examine({ VALISE_URL: `http://${nowhere}` }), 'api', /VALISE_URL/);
    const stray = await examine({ ...store, S3_ENDPOINT: `http://${nowhere}` });
    assertFails(stray, 'store', /S3_ENDPOINT/);
    const hidden = await examine({ ...store, S3_PUBLIC_ENDPOINT: `http://${nowhere}` });
    assertFails(hidden, 'store.put', /S3_PUBLIC_ENDPOINT/);
  });

  test('tells wrong keys, a wrong bucket and wrong settings apart', async () => {
    for (const [name, value] of [
      ['S3_ACCESS_KEY_ID', 'AKIANOBODY'],
      ['S3_SECRET_ACCESS_KEY', 'wrong'],
      ['S3_BUCKET', 'no-such-bucket'],
    ] as const) {
      assertFails(await examine({ ...store, [name]: value }), 'store', new RegExp(name));
    }
    const half = await examine({ S3_BUCKET: 'alone', VALISE_PORT: 'x' });
    assert.deepEqual(bad(half), ['settings']);
    const elsewhere = await examine({ VALISE_DATA: join(server.data, 'none') });
    assert.match(elsewhere.findings.get('settings')?.says ?? '', /VALISE_DATA/);
  });

  test('sees plain HTTP beside https, and clocks that are apart', async () => {
    const mixed = await examine({ VALISE_URL: 'https://127.0.0.1:1' });
    assert.match(mixed.findings.get('store.tls')?.says ?? '', /pages of https/);
    assert.equal(mixed.findings.get('store.tls')?.state, 'failed');
    const shifted = await examine({
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'harness/shifted-clock.mjs')}`,
      VALISE_TEST_SHIFT_MS: '600000',
    });
    assert.ok(bad(shifted).includes('clocks'));
    assert.match(shifted.findings.get('clocks')?.says ?? '', /database is 600 s behind/);
    assert.match(shifted.findings.get('clocks')?.mend ?? '', /this machine: timedatectl/);
  });

  const isSigned = (url: string) => url.includes('X-Amz-Signature=');
  const isProbe = (url: string) => /\/v1\/d0c\/[\w-]+\/\d+/.test(url);
  const keyIn = (url: string) => /v1\/d0c[^?]*/.exec(url)?.[0] ?? '';

  /** What a store does wrong, what is found, and what the line says. */
  const breaks: Record<string, { readonly fault: Break; find: string[]; mend: RegExp }> = {
    'takes whatever is sent': {
      async fault(asked, pass) {
        const said = await pass(asked);
        if (asked.method !== 'PUT' || !isSigned(asked.url) || said.status < 400) return said;
        const Key = keyIn(asked.url);
        await client.send(new PutObjectCommand({ Bucket, Key, Body: asked.body }));
        return answer(200);
      },
      find: ['store.overwrite', 'store.tamper', 'store.pinning'],
      mend: /If-None-Match|signatures|x-amz-checksum-sha256/,
    },
    'refuses presigned uploads': {
      fault: async (asked, pass) =>
        asked.method === 'PUT' && isSigned(asked.url) ? answer(403) : pass(asked),
      find: ['store.put'],
      mend: /Host header/,
    },
    'lists nothing': {
      fault: async (asked, pass) =>
        asked.headers.authorization && asked.url.includes('list-type')
          ? answer(200, '<ListBucketResult/>')
          : pass(asked),
      find: ['store.list'],
      mend: /one store and one bucket/,
    },
    'refuses large bodies': {
      fault: async (asked, pass) => (asked.body.length > 1_000_000 ? answer(413) : pass(asked)),
      find: ['store.compose'],
      mend: /client_max_body_size/,
    },
    'deletes nothing': {
      fault: async (asked, pass) =>
        asked.url.includes('?delete') ? answer(200, '<DeleteResult/>') : pass(asked),
      find: ['store.delete'],
      mend: /s3:DeleteObject/,
    },
    'serves other bytes': {
      async fault(asked, pass) {
        const said = await pass(asked);
        if (asked.method !== 'GET' || !isProbe(asked.url)) return said;
        return { ...said, body: Buffer.from(said.body).fill(7) };
      },
      find: ['store.get'],
      mend: /s3:GetObject/,
    },
    'ignores Range': {
      async fault(asked, pass) {
        const { range: _range, ...headers } = asked.headers;
        return await pass({ ...asked, headers });
      },
      find: ['store.get'],
      mend: /Range/,
    },
    'lets anybody read': {
      fault: async (asked, pass) =>
        asked.method !== 'GET' || isSigned(asked.url) || asked.headers.authorization
          ? pass(asked)
          : answer(200),
      find: ['store.private'],
      mend: /delete-bucket-policy/,
    },
    'says nothing to pages': {
      async fault(asked, pass) {
        const { origin: _origin, ...headers } = asked.headers;
        const said = await pass({ ...asked, headers });
        const kept = Object.entries(said.headers).filter(([name]) => !name.startsWith('access-'));
        return { ...said, headers: Object.fromEntries(kept) };
      },
      find: ['store.cors'],
      mend: /put-bucket-cors/,
    },
    'has another time': {
      async fault(asked, pass) {
        const said = await pass(asked);
        const date = new Date(Date.now() + 120_000).toUTCString();
        return { ...said, headers: { ...said.headers, date } };
      },
      find: ['clocks'],
      mend: /both machines: timedatectl/,
    },
    'is no store at all': {
      fault: async () => answer(200, '<html>Welcome</html>'),
      find: ['store'],
      mend: /S3_ENDPOINT/,
    },
  };

  for (const [what, { fault, find, mend }] of Object.entries(breaks)) {
    test(`a store that ${what} is found out`, async () => {
      proxy.set(fault);
      try {
        const examined = await examine(throughProxy());
        assert.deepEqual(bad(examined), find);
        for (const check of find) assert.match(examined.findings.get(check)?.mend ?? '', mend);
        assert.equal(examined.code, 1);
      } finally {
        proxy.heal();
      }
    });
  }

  test('a store that composes nothing is warned of, and good enough', async () => {
    proxy.set(async (asked, pass) =>
      asked.headers['x-amz-copy-source'] ? answer(501) : pass(asked),
    );
    const examined = await examine(throughProxy());
    proxy.heal();
    assert.equal(examined.findings.get('store.compose')?.state, 'warning');
    assert.deepEqual([examined.code, examined.healthy], [0, true]);
  });

  test('a store that does not encrypt as S3_SSE demands is found out', async () => {
    const examined = await examine({ ...throughProxy(), S3_SSE: 'AES256' });
    const check = isEmbedded ? 'store.put' : 'store.encryption';
    assert.deepEqual(bad(examined), [check]);
    assert.match(examined.findings.get(check)?.mend ?? '', /S3_SSE/);
  });

  test('missing CORS is found, and set right beside the rules that are there', async () => {
    const rule = { AllowedOrigins: ['https://other.example'], AllowedMethods: ['GET'] };
    await client.send(
      new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [rule] } }),
    );
    assertFails(await examine(), 'store.cors', /valise doctor --fix, or: aws s3api/);
    const fixed = await examine({}, ['--fix']);
    assert.equal(fixed.findings.get('store.cors')?.state, 'fixed');
    assert.equal((await examine()).findings.get('store.cors')?.state, 'ok');
    const { CORSRules = [] } = await client.send(new GetBucketCorsCommand({ Bucket }));
    const origins = CORSRules.flatMap(({ AllowedOrigins = [] }) => AllowedOrigins);
    assert.deepEqual(origins.sort(), ['*', 'https://other.example']);
  });

  test('lifecycle rules that take files or uploads away are found', async () => {
    const put = (rule: object) =>
      client.send(
        new PutBucketLifecycleConfigurationCommand({
          Bucket,
          LifecycleConfiguration: {
            Rules: [{ ID: 'mine', Status: 'Enabled', Filter: { Prefix: '' }, ...rule }],
          },
        }),
      );
    await put({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } });
    assertFails(await examine(), 'store.lifecycle', /get-bucket-lifecycle-configuration/);
    if (!isEmbedded) {
      await put({ Expiration: { Days: 90 } });
      const { findings } = await examine({}, ['--fix']);
      assert.match(findings.get('store.lifecycle')?.says ?? '', /"mine" deletes files/);
      await client.send(new DeleteBucketLifecycleCommand({ Bucket }));
      assert.equal((await examine()).findings.get('store.lifecycle')?.state, 'warning');
      assert.equal((await examine({}, ['--fix'])).findings.get('store.lifecycle')?.state, 'fixed');
    }
    await put({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 20 } });
    assert.equal((await examine()).findings.get('store.lifecycle')?.state, 'ok');
    await client.send(new DeleteBucketLifecycleCommand({ Bucket }));
  });
});
