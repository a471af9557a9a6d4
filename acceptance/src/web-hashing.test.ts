import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { type Api, expectStatus } from './harness/api.ts';
import { lines, valise } from './harness/cli.ts';
import { pseudoRandom } from './harness/content.ts';
import { FaultProxy } from './harness/fault-proxy.ts';
import { row, signIn, skipWithoutBrowser, visit } from './harness/web.ts';
import { PATIENCE_MS } from './harness/web-transfers.ts';
import { type WebWorld, webWorld } from './harness/web-world.ts';

const MiB = 1024 * 1024;

/** Workers begin at guessed places, which in zeros lead to cuts of their own until the zeros end. */
const CONTENTS: Readonly<Record<string, readonly Uint8Array[]>> = {
  'large.bin': [pseudoRandom('in workers', 40 * MiB + 77)],
  'zeros.bin': [pseudoRandom('a', MiB + 13), Buffer.alloc(36 * MiB), pseudoRandom('b', 9 * MiB)],
  'log.txt': [Buffer.from('GET /files/changes 200 1.4 ms\n'.repeat(900_000))],
};

describe('the web app: large files are cut as everywhere', { skip: skipWithoutBrowser }, () => {
  let world: WebWorld;
  let home: string;

  before(async () => {
    world = await webWorld();
    home = await world.newFolder();
    for (const [name, parts] of Object.entries(CONTENTS)) {
      await writeFile(join(home, name), Buffer.concat(parts));
    }
  });

  async function uploadedFile(api: Api, name: string) {
    const { items } = expectStatus(await api.get('/folders/root/children'), 200);
    return items.find((file: { name: string }) => file.name === name);
  }

  for (const name of Object.keys(CONTENTS)) {
    test(`${name}: the browser’s list is that of valise hash`, async () => {
      const { page, context, faults, api } = await world.openPage();
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

  test('a file is read to its end however often the browser cleans up its memory', async () => {
    const { page, context, api } = await world.openPage();
    // Chromium forgets streams that it is reading, if nothing else remembers them.
    page.on('worker', (worker) => {
      if (worker.url().includes('hash-worker')) void worker.evaluate('setInterval(() => gc(), 3)');
    });
    await page.getByLabel('Files to upload').setInputFiles(join(home, 'large.bin'));
    await page.getByText('1 file done').waitFor({ timeout: PATIENCE_MS });
    assert.equal((await uploadedFile(api, 'large.bin')).status, 'uploaded');
    await context.close();
  });

  test('a worker that dies is said at its file, and the next attempt succeeds', async () => {
    const network = await FaultProxy.start(() => [Number(new URL(world.server.url).port)]);
    network.set({ kind: 'refuse', only: /^GET \/assets\/hash-worker-/ });
    const ann = await world.guest.register();
    const api = world.guest.as(ann);
    const { page, context } = await visit(world.browser, network.url);
    await signIn(page, ann);
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
