import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { Api, expectStatus, sha256, upload } from './harness/api.ts';
import { startBehindProxy } from './harness/behind-proxy.ts';
import { pseudoRandom } from './harness/content.ts';
import { shiftedClock } from './harness/server.ts';
import { skipUnlessEmbedded } from './harness/store.ts';
import { hashOfFile, hashOfUrl, writeRandomFile } from './harness/test-files.ts';
import { row, signIn, skipWithoutBrowser, visit } from './harness/web.ts';
import { chooseFiles, stopAfter, until, untilStuck, untilTold } from './harness/web-transfers.ts';
import { webWorld } from './harness/web-world.ts';
import { hashesInArchive } from './harness/zip.ts';

const PART = 8 * 1024 * 1024;
const MINUTE_MS = 60_000;
/** What a late server signs is over this soon, by everybody else's clock. */
const LIFE_MS = 12_000;

describe('the web app: what expires in mid-transfer', {
  skip: skipWithoutBrowser || skipUnlessEmbedded,
  concurrency: true,
}, () => {
  let folder: string;
  let browser: Browser;

  before(async () => {
    const world = await webWorld();
    ({ browser } = world);
    folder = await world.newFolder();
  });

  test('an upload outlives its URLs and the access token', async () => {
    await using world = await startBehindProxy(shiftedClock(LIFE_MS - 15 * MINUTE_MS));
    const guest = new Api(world.server.url);
    const ann = await guest.register();
    const { page, context } = await visit(browser, world.server.url);
    await signIn(page, ann);
    const path = join(folder, 'slow.bin');
    // More parts than go at once: some begin when their URLs are over.
    await writeRandomFile(path, 8 * PART);
    stopAfter(world.store, 1);
    await chooseFiles(page, path);
    await untilStuck(world.store);
    // From here on: it may ask for new URLs as soon as the server is back.
    let refused = 0;
    let renewed = 0;
    page.on('response', (answer) => {
      if (answer.status() === 401) refused++;
      if (answer.url().endsWith('/upload/urls') && answer.ok()) renewed++;
    });
    // The worker has its token and the URLs: a server in time takes neither from then on.
    const over = sleep(LIFE_MS + 1_000);
    await world.server.stop();
    await using _again = await world.server.restart(shiftedClock(0));
    await over;
    world.store.heal();
    await untilTold(page, '1 file done');
    assert.ok(refused > 0, 'no token was refused');
    assert.ok(renewed > 0, 'no URL was renewed');
    const { email, password } = ann;
    const again = guest.as(expectStatus(await guest.post('/auth/login', { email, password }), 200));
    const { items } = expectStatus(await again.get('/folders/root/children'), 200);
    const { downloadUrl } = expectStatus(await again.get(`/files/${items[0].id}`), 200);
    assert.equal(await hashOfUrl(downloadUrl), await hashOfFile(path));
    await context.close();
  });

  test('an archive outlives its URLs', async () => {
    await using world = await startBehindProxy(shiftedClock(LIFE_MS - 5 * MINUTE_MS));
    const guest = new Api(world.server.url);
    const ann = await guest.register();
    const api = guest.as(ann);
    const content = pseudoRandom('slow', 5 * PART);
    await upload(api, { name: 'slow.bin', content });
    await upload(api, { name: 'small.bin', content: content.subarray(0, 1_000) });
    const { page, context } = await visit(browser, world.server.url);
    await signIn(page, ann);
    await row(page, 'slow.bin').waitFor();
    await page.getByRole('grid').focus();
    await page.keyboard.press('Control+a');
    world.store.set({ kind: 'hang', only: /^GET/, skip: 1 });
    const begun = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    await until('the download is stuck', () => world.store.met > 0);
    await sleep(LIFE_MS + 1_000);
    world.store.heal();
    const path = join(folder, 'slow.zip');
    await (await begun).saveAs(path);
    assert.ok(world.store.answered(403) > 0, 'no URL was refused');
    const expected = { 'slow.bin': content, 'small.bin': content.subarray(0, 1_000) };
    for (const [name, hash] of await hashesInArchive(path)) {
      assert.equal(hash, sha256(expected[name as keyof typeof expected]), name);
    }
    await context.close();
  });

  test('a login that ended: after signing in the file is asked for and sent', async () => {
    const world = await webWorld();
    const { page, context, ann, api } = await world.openPage();
    const path = join(folder, 'revoked.bin');
    await writeRandomFile(path, 3 * PART);
    const urls = page.waitForRequest(/\/upload\/urls$/);
    stopAfter(world.store, 1);
    await chooseFiles(page, path);
    await untilStuck(world.store);
    const pending = new URL((await urls).url()).pathname.replace(/\/urls$/, '');
    const { items } = expectStatus(await api.get('/devices'), 200);
    const other = items.find((device: { current: boolean }) => !device.current);
    expectStatus(await api.call('DELETE', `/devices/${other.id}`), 204);
    await page.getByText('Your login here has ended').waitFor();
    world.store.heal();
    await page.getByLabel('Email').fill(ann.email);
    await page.getByLabel('Password').fill(ann.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await untilTold(page, 'Interrupted. Choose the file again to go on.');
    await page.getByLabel(/^File to continue/).setInputFiles(path);
    await untilTold(page, '1 file done');
    // It was another device's to go on with: the old upload is withdrawn.
    await until('nothing is pending', async () => (await api.get(pending)).status === 404);
    await context.close();
  });
});
