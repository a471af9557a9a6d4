import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type Answered, answer, type Break, BreakingProxy } from './harness/breaking-proxy.ts';
import { assertFails, bad, examineServer } from './harness/doctor.ts';
import { skipWithoutNginx, startEdge } from './harness/edge.ts';
import { freePorts, TestServer } from './harness/server.ts';
import { connect } from './harness/store.ts';

const CDN_KEY = 'an edge and its servers share this';

describe('valise doctor before an edge', { skip: skipWithoutNginx }, () => {
  let server: TestServer;
  let edge: AsyncDisposable;
  let edgeUrl: string;
  let proxy: BreakingProxy;
  let client: S3Client;
  let Bucket: string;
  let cdn: Record<string, string>;
  before(async () => {
    const [port] = await freePorts(1);
    edgeUrl = `http://127.0.0.1:${port}`;
    cdn = { CDN: 'edge', CDN_URL: edgeUrl, CDN_KEY };
    server = await TestServer.start({ env: cdn });
    edge = await startEdge(server.data, { url: edgeUrl, env: { CDN_URL: edgeUrl, CDN_KEY } });
    proxy = await BreakingProxy.start(edgeUrl);
    ({ client, bucket: Bucket } = await connect(server.data));
  });
  after(async () => {
    client.destroy();
    await proxy[Symbol.asyncDispose]();
    await edge[Symbol.asyncDispose]();
    await rm(`${server.data}-edge-cache`, { recursive: true, force: true });
    await server[Symbol.asyncDispose]();
  });

  test('finds nothing wrong with one that works', async () => {
    for (const env of [{}, { CDN_URL: proxy.url }]) {
      const examined = await examineServer(server, env);
      assert.deepEqual(bad(examined), []);
      for (const check of ['', '.tamper', '.expired', '.range', '.cors', '.cache', '.purge']) {
        assert.equal(examined.findings.get(`cdn${check}`)?.state, 'ok', check);
      }
    }
  });

  test('names the setting that is wrong', async () => {
    const other = await examineServer(server, { CDN_KEY: `${CDN_KEY}, or do they?` });
    assertFails(other, 'cdn', /CDN_KEY.*CDN_KEY_ID \(main\)/);
    assert.equal(other.findings.get('cdn.cache')?.state, 'skipped');
    assertFails(await examineServer(server, { CDN_KEY_ID: 'k2' }), 'cdn', /CDN_KEY_ID/);
    const [port] = await freePorts(1);
    const nowhere = `http://127.0.0.1:${port}`;
    assertFails(await examineServer(server, { CDN_URL: nowhere }), 'cdn', /npm run edge.*CDN_URL/);
    const deaf = await examineServer(server, { CDN_PURGE_URLS: nowhere });
    assertFails(deaf, 'cdn.purge', /CDN_PURGE_URLS/);
    const half = await examineServer(server, { CDN_KEY: '' });
    assert.match(half.findings.get('settings')?.says ?? '', /CDN_KEY/);
  });

  const pathOf = (url: string) => url.split('?')[0] ?? '';
  /** Whatever was served once is served to everybody, by its path. */
  function careless(): Break {
    const served = new Map<string, Answered>();
    return async (asked, pass) => {
      const said = await pass(asked);
      if (said.status === 200 && asked.method === 'GET') served.set(pathOf(asked.url), said);
      if (said.status !== 403 && said.status !== 410) return said;
      return served.get(pathOf(asked.url)) ?? said;
    };
  }

  const breaks: Record<string, { readonly fault: () => Break; find: string[]; mend: RegExp }> = {
    'serves without looking at signatures': {
      fault: careless,
      find: ['cdn.tamper', 'cdn.expired'],
      mend: /npm run edge|timedatectl/,
    },
    'takes Range away': {
      fault: () => async (asked, pass) => {
        const { range: _range, ...headers } = asked.headers;
        return await pass({ ...asked, headers });
      },
      find: ['cdn.range'],
      mend: /Range/,
    },
    'says nothing to pages': {
      fault: () => async (asked, pass) => {
        const said = await pass(asked);
        const kept = Object.entries(said.headers).filter(([name]) => !name.startsWith('access-'));
        return { ...said, headers: Object.fromEntries(kept) };
      },
      find: ['cdn.cors'],
      mend: /Access-Control/,
    },
    'keeps nothing': {
      fault: () => async (asked, pass) => {
        const Key = pathOf(asked.url).slice(1);
        const isThere = await client.send(new HeadObjectCommand({ Bucket, Key })).then(
          () => true,
          () => false,
        );
        return isThere || asked.method !== 'GET' ? await pass(asked) : answer(404);
      },
      find: ['cdn.cache'],
      mend: /VALISE_EDGE_CACHE/,
    },
    'does not reach the store': {
      fault: () => async () => answer(502),
      find: ['cdn'],
      mend: /S3_ENDPOINT/,
    },
    'has another time': {
      fault: () => async () => answer(410),
      find: ['cdn'],
      mend: /timedatectl/,
    },
  };
  for (const [what, { fault, find, mend }] of Object.entries(breaks)) {
    test(`finds out that it ${what}`, async () => {
      proxy.set(fault());
      try {
        const examined = await examineServer(server, { CDN_URL: proxy.url });
        assert.deepEqual(bad(examined), find);
        for (const check of find) assert.match(examined.findings.get(check)?.mend ?? '', mend);
      } finally {
        proxy.heal();
      }
    });
  }
});
