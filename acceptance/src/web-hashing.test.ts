import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { type Account, Api, expectStatus } from './harness/api.ts';
import { openBrowser } from './harness/browser.ts';
import { lines, valise } from './harness/cli.ts';
import { pseudoRandom } from './harness/content.ts';
import { FaultProxy } from './harness/fault-proxy.ts';
import { TestServer } from './harness/server.ts';
import { row, signIn, skipWithoutBrowser, type Visit, visit } from './harness/web.ts';

const MiB = 1024 * 1024;

/** Workers begin at guessed places, which in zeros lead to cuts of their own until the zeros end. */
const CONTENTS: Readonly<Record<string, readonly Uint8Array[]>> = {
  'large.bin': [pseudoRandom('in workers', 70 * MiB + 77)],
  'zeros.bin': [pseudoRandom('a', MiB + 13), Buffer.alloc(60 * MiB), pseudoRandom('b', 9 * MiB)],
  'log.txt': [Buffer.from('GET /files/changes 200 1.4 ms\n'.repeat(900_000))],
};

describe('the web app: large files are cut as everywhere', { skip: skipWithoutBrowser }, () => {
  let server: TestServer;
  let browser: Browser;
  let guest: Api;
  let home: string;

  before(async () => {
    server = await TestServer.start();
    browser = await openBrowser();
    guest = new Api(server.url);
    home = await mkdtemp(join(tmpdir(), 'valise-web-hashing-'));
    for (const [name, parts] of Object.entries(CONTENTS)) {
      await writeFile(join(home, name), Buffer.concat(parts));
    }
  });
  after(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  });

  async function open(
    url = server.url,
  ): Promise<Visit & { readonly ann: Account; readonly api: Api }> {
    const ann = await guest.register();
    const at = await visit(browser, url);
    await signIn(at.page, ann);
    return { ...at, ann, api: guest.as(ann) };
  }

  async function uploadedFile(api: Api, name: string) {
    const { items } = expectStatus(await api.get('/folders/root/children'), 200);
    return items.find((file: { name: string }) => file.name === name);
  }

  for (const name of Object.keys(CONTENTS)) {
    test(`${name}: the browser’s list is that of valise hash`, async () => {
      const { page, context, faults, api } = await open();
      await page.getByLabel('Files to upload').setInputFiles(join(home, name));
      await row(page, name).waitFor();
      await page.getByText('1 file done').waitFor();
      const { id, fingerprint } = await uploadedFile(api, name);
      const uploaded = expectStatus(await api.get(`/files/${id}/chunks?limit=10000`), 200).items;

      const hashed = await valise(['hash', '--json', '--chunks', name], { home });
      assert.equal(hashed.code, 0, hashed.stderr);
      const chunks = lines(hashed).filter(({ type }) => type === 'chunk');
      const [file] = lines(hashed).filter(({ type }) => type === 'hash');
      const plain = (list: readonly { id: string; offset: number; size: number }[]) =>
        list.map((chunk) => [chunk.id, chunk.offset, chunk.size]);
      assert.deepEqual(plain(uploaded), plain(chunks));
      assert.equal(fingerprint, file.fingerprint);
      assert.deepEqual(faults, []);
      await context.close();
    });
  }

  test('a worker that dies is said at its file, and the next attempt succeeds', async () => {
    const network = await FaultProxy.start(() => [Number(new URL(server.url).port)]);
    network.set({ kind: 'refuse', only: /^GET \/assets\/hash-worker-/ });
    const { page, context, api } = await open(network.url);
    await page.getByLabel('Files to upload').setInputFiles(join(home, 'large.bin'));
    await page.getByText('stopped working').waitFor();
    assert.equal((await uploadedFile(api, 'large.bin'))?.status, undefined);
    network.heal();
    await page.getByRole('button', { name: 'Try large.bin again' }).click();
    await page.getByText('1 file done').waitFor();
    assert.equal((await uploadedFile(api, 'large.bin')).status, 'uploaded');
    await context.close();
    await network.close();
  });
});
