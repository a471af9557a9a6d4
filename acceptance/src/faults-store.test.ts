import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  type Account,
  type Answer,
  Api,
  assertSameBytes,
  download,
  expectStatus,
  type Json,
  putParts,
  upload,
} from './harness/api.ts';
import { type CliOptions, type CliResult, valise } from './harness/cli.ts';
import { pseudoRandom } from './harness/content.ts';
import type { Fault } from './harness/fault-proxy.ts';
import { FaultyStore } from './harness/faulty-store.ts';
import { TestServer } from './harness/server.ts';
import { skipUnlessEmbedded } from './harness/store.ts';

const MiB = 1024 * 1024;
/** Nobody waits longer for an answer of the API, whatever the store does. */
const PATIENCE_MS = 30_000;

describe('a store that fails', { skip: skipUnlessEmbedded }, () => {
  let store: FaultyStore;
  let server: TestServer;
  let ann: Account;
  let api: Api;
  let home: string;

  before(async () => {
    store = await FaultyStore.start();
    server = await TestServer.start({ env: store.env });
    const guest = new Api(server.url);
    ann = await guest.register();
    api = guest.as(ann);
    home = await mkdtemp(join(tmpdir(), 'valise-faults-'));
    const args = ['login', server.url, '--email', ann.email, '--password-stdin'];
    assert.equal((await valise(args, { home, input: ann.password })).code, 0);
  });
  afterEach(async () => {
    store.control.heal();
    store.data.heal();
    await until(async () => (await fetch(`${server.ops}/readyz`)).ok);
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  });

  function run(args: string[], extra: Partial<CliOptions> = {}): Promise<CliResult> {
    return valise(args, { home, ...extra });
  }
  async function ok(args: string[]): Promise<void> {
    const { code, stderr } = await run(args);
    assert.equal(code, 0, `valise ${args.join(' ')}: ${stderr}`);
  }
  async function begin(name: string, size: number): Promise<Json> {
    const answer = await api.post('/files/presigned-url', { name, size, mimeType: 'a/b' });
    return expectStatus(answer, 201);
  }
  async function begun(name: string, content: Uint8Array): Promise<Json> {
    const { upload: plan } = await begin(name, content.byteLength);
    await putParts(api, plan, content);
    return plan;
  }
  /** The call, and how long it took. */
  async function timed(call: () => Promise<Answer>): Promise<Answer> {
    const started = performance.now();
    const answer = await call();
    const took = performance.now() - started;
    assert.ok(took < PATIENCE_MS, `${took} ms`);
    return answer;
  }

  const FAULTS: readonly Fault[] = [
    { kind: 'answer', status: 503, code: 'SlowDown' },
    { kind: 'answer', status: 500, code: 'InternalError' },
    { kind: 'refuse' },
    { kind: 'cut', after: 500 },
    { kind: 'hang' },
  ];
  for (const fault of FAULTS) {
    const what = fault.kind === 'answer' ? `answers ${fault.status}` : `fails by “${fault.kind}”`;
    test(`it ${what}: the API says 503 in time, and all goes on afterwards`, async () => {
      const small = pseudoRandom(`small ${what}`, 5000);
      const large = pseudoRandom(`large ${what}`, 9 * MiB);
      const one = await begun(`small ${what}`, small);
      const two = await begun(`large ${what}`, large);
      store.control.set(fault);
      const answers = await Promise.all(
        [
          () => api.post(`/files/${one.fileId}/complete`, {}),
          () => api.post(`/files/${two.fileId}/complete`, {}),
          () => api.get(`/files/${two.fileId}/upload`),
          () =>
            api.call('PATCH', `/files/${two.fileId}/chunks`, {
              parts: [{ partNumber: 1, etag: 'x' }],
            }),
          () =>
            api.post('/files/presigned-url', {
              name: `new ${what}`,
              size: 9 * MiB,
              mimeType: 'a/b',
            }),
        ].map(timed),
      );
      for (const answer of answers) {
        expectStatus(answer, 503, 'store-unavailable');
        assert.ok(Number(answer.headers.get('retry-after')) > 0);
      }
      const uploads = [{ fileId: one.fileId, uploadId: one.id }];
      const batch = await timed(() => api.post('/files/complete', { uploads }));
      const problem = batch.status === 200 ? batch.body.results[0].error : batch.body;
      assert.equal(problem.code, 'store-unavailable');
      expectStatus(await api.get('/me'), 200);
      expectStatus(await api.get(`/files/${one.fileId}`), 200);
      assert.equal((await fetch(`${server.ops}/readyz`)).status, 503);
      assert.ok(store.control.met > 0);

      store.control.heal();
      await until(async () => (await fetch(`${server.ops}/readyz`)).ok);
      expectStatus(await api.post(`/files/${one.fileId}/complete`, {}), 200);
      expectStatus(await api.post(`/files/${two.fileId}/complete`, {}), 200);
      assertSameBytes(await download(api, one.fileId), small);
      assertSameBytes(await download(api, two.fileId), large);
    });
  }

  test('it hangs, and hundreds ask at once: all are answered in time', async () => {
    const plans = await Promise.all(
      Array.from({ length: 300 }, (_, n) => begin(`crowd ${n}`, 100 + n)),
    );
    store.control.set({ kind: 'hang' });
    const answers = await Promise.all(
      plans.map(({ file }) => timed(() => api.post(`/files/${file.id}/complete`, {}))),
    );
    // Refused for now, or on a slow machine still being looked at: both say to ask again.
    for (const { status, body } of answers) {
      assert.ok([202, 503].includes(status), JSON.stringify(body));
    }
  });

  test('it hangs while it assembles: the API answers in time, and one version comes of it', async () => {
    const content = pseudoRandom('assembled late', 9 * MiB);
    const plan = await begun('assembled late', content);
    store.control.set({ kind: 'hang', only: /^POST .*uploadId=/ });
    const answer = await timed(() => api.post(`/files/${plan.fileId}/complete`, {}));
    assert.ok([202, 503].includes(answer.status), JSON.stringify(answer.body));
    assert.ok(store.control.met > 0);
    store.control.heal();
    await until(async () => (await api.post(`/files/${plan.fileId}/complete`, {})).status === 200);
    assert.equal((await api.get(`/files/${plan.fileId}`)).body.file.version, 1);
    assertSameBytes(await download(api, plan.fileId), content);
  });

  test('kill -9 of the server between the store’s completion and the commit', async () => {
    const content = pseudoRandom('between', 9 * MiB);
    const plan = await begun('between', content);
    store.control.set({ kind: 'deaf', only: /^POST .*uploadId=/ });
    const lost = api.post(`/files/${plan.fileId}/complete`, {}).catch(() => null);
    const { url, headers } = plan.parts[0].request;
    // The store's upload is gone once it has made the object.
    const isAssembled = async () => {
      const body = Buffer.from(content.subarray(0, plan.parts[0].size));
      return (await fetch(url, { method: 'PUT', headers, body })).status === 404;
    };
    await until(isAssembled);
    await server.kill();
    assert.equal(await lost, null);
    store.control.heal();
    server = await server.restart();
    // What the dead server had begun is its own until its lease ends.
    await until(async () => (await api.post(`/files/${plan.fileId}/complete`, {})).status === 200);
    const { file } = (await api.get(`/files/${plan.fileId}`)).body;
    assert.equal(file.version, 1);
    assertSameBytes(await download(api, plan.fileId), content);
  });

  describe('put and get survive', () => {
    const NETWORKS: readonly (readonly [string, Fault])[] = [
      ['503 for some requests', { kind: 'answer', status: 503, code: 'SlowDown', times: 8 }],
      ['URLs refused as expired', { kind: 'answer', status: 403, code: 'AccessDenied', times: 3 }],
      ['cut connections', { kind: 'cut', after: 1000, times: 4 }],
    ];
    for (const [what, fault] of NETWORKS) {
      test(what, async () => {
        const folder = join(home, what);
        await mkdir(folder);
        const contents = new Map([
          ['large', pseudoRandom(what, 40 * MiB)],
          ...Array.from(
            { length: 20 },
            (_, n) => [`small ${n}`, pseudoRandom(`${what} ${n}`, 2000 + n)] as const,
          ),
        ]);
        for (const [name, content] of contents) await writeFile(join(folder, name), content);
        await during(fault, () => ok(['put', what]));
        await during(fault, () => ok(['get', what, `${what} back`]));
        for (const [name, content] of contents) {
          assertSameBytes(await readFile(join(home, `${what} back`, name)), content, name);
        }
      });
    }

    async function during(fault: Fault, work: () => Promise<void>): Promise<void> {
      store.data.set(fault);
      await work();
      assert.equal(store.data.met, fault.times);
    }

    test('connections that hang for ever', async () => {
      const content = pseudoRandom('stalled', 20 * MiB);
      await writeFile(join(home, 'stalled up'), content);
      await writeFile(join(home, 'stalled down'), content.subarray(1));
      await ok(['put', 'stalled down']);
      store.data.set({ kind: 'hang', times: 4 });
      await Promise.all([ok(['put', 'stalled up']), ok(['get', 'stalled down', 'stalled.back'])]);
      assert.equal(store.data.met, 4);
      assertSameBytes(await readFile(join(home, 'stalled.back')), content.subarray(1));
    });

    test('the store’s death in the middle', async () => {
      const content = pseudoRandom('death', 64 * MiB);
      await writeFile(join(home, 'death'), content);
      store.data.set({ kind: 'cut', after: 30 * MiB });
      const put = ok(['put', 'death']);
      await until(async () => store.data.met >= 2);
      await store.kill();
      await new Promise((done) => setTimeout(done, 1500));
      store.data.heal();
      await store.revive();
      await put;
      await ok(['get', 'death', 'death.back']);
      assertSameBytes(await readFile(join(home, 'death.back')), content);
    });
  });

  test('an upload through the failing store leaves nothing half', async () => {
    const file = await upload(api, { name: 'last', content: pseudoRandom('last', 100) });
    const { items } = (await api.get('/folders/root/children?limit=1000')).body;
    assert.ok(items.some((item: Json) => item.id === file.id));
    for (const item of items) assert.equal(item.status, 'uploaded');
  });
});

async function until(condition: () => Promise<boolean>, within = 30_000): Promise<void> {
  const deadline = Date.now() + within;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `not within ${within} ms`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
