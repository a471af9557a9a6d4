import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { type Api, expectStatus } from './harness/api.ts';
import { skipUnlessEmbedded, storedBytes } from './harness/store.ts';
import { hashOfFile, hashOfUrl, writeRandomFile } from './harness/test-files.ts';
import { row, skipWithoutBrowser } from './harness/web.ts';
import {
  chooseFiles,
  stopAfter,
  transfersOf,
  until,
  untilStuck,
  untilTold,
} from './harness/web-transfers.ts';
import { type WebWorld, webWorld } from './harness/web-world.ts';

const PART = 8 * 1024 * 1024;

describe('the web app: transfers in hand', {
  skip: skipWithoutBrowser || skipUnlessEmbedded,
}, () => {
  let folder: string;
  let world: WebWorld;

  before(async () => {
    world = await webWorld();
    folder = await world.newFolder();
  });

  /** Chooses a new file of so many parts and waits until, after `parts` of them, it is stuck. */
  async function beginStuck(page: Page, name: string, { of, after: parts }: Stuck) {
    const path = join(folder, name);
    await writeRandomFile(path, of * PART);
    stopAfter(world.store, parts);
    await chooseFiles(page, path);
    await untilStuck(world.store);
    return path;
  }
  async function hashOfOnly(api: Api): Promise<string> {
    const { items } = expectStatus(await api.get('/folders/root/children'), 200);
    assert.equal(items.length, 1);
    return await hashOfUrl(expectStatus(await api.get(`/files/${items[0].id}`), 200).downloadUrl);
  }
  const press = (page: Page, name: string) => page.getByRole('button', { name }).click();

  test('paused it sends nothing more, resumed it goes on', async () => {
    const { page, context, api } = await world.openPage();
    const before = world.store.sent;
    const path = await beginStuck(page, 'long.bin', { of: 9, after: 2 });
    await press(page, 'Pause long.bin');
    await untilTold(page, /^Paused at/);
    world.store.heal();
    // Parts that were under way may arrive.
    let seen = -1;
    await until('nothing is sent any more', async () => {
      const last = seen;
      seen = world.store.sent;
      await sleep(400);
      return last === seen && world.store.sent === seen;
    });
    assert.ok(world.store.sent - before < 8 * PART, `${world.store.sent - before} bytes were sent`);
    await untilTold(page, /^Paused at/);
    await press(page, 'Resume long.bin');
    await untilTold(page, '1 file done');
    assert.equal(await hashOfOnly(api), await hashOfFile(path));
    await context.close();
  });

  test('cancelled in the middle: gone from the panel, the server and the store', async () => {
    const { page, context, api } = await world.openPage();
    const stored = await storedBytes(world.server.data);
    const urls = page.waitForRequest(/\/upload\/urls$/);
    await beginStuck(page, 'unwanted.bin', { of: 3, after: 1 });
    const pending = new URL((await urls).url()).pathname.replace(/\/urls$/, '');
    expectStatus(await api.get(pending), 200);
    await press(page, 'Cancel unwanted.bin');
    await transfersOf(page).getByText('unwanted.bin').waitFor({ state: 'detached' });
    world.store.heal();
    await until('nothing is pending', async () => (await api.get(pending)).status === 404);
    await until('its bytes are freed', async () => {
      return (await storedBytes(world.server.data)) <= stored;
    });
    await context.close();
  });

  test('all cancelled: the panel goes', async () => {
    const { page, context } = await world.openPage();
    await beginStuck(page, 'one.bin', { of: 2, after: 0 });
    await press(page, 'Cancel all');
    await transfersOf(page).waitFor({ state: 'detached' });
    world.store.heal();
    await sleep(500);
    assert.equal(await transfersOf(page).count(), 0);
    await context.close();
  });

  test('refused by the store: said, and tried again on demand', async () => {
    const { page, context, api } = await world.openPage();
    const path = join(folder, 'refused.bin');
    await writeRandomFile(path, 2 * PART);
    world.store.set({ kind: 'answer', only: /^PUT/, status: 403, code: 'AccessDenied' });
    await chooseFiles(page, path);
    await untilTold(page, '1 file failed');
    await untilTold(page, 'The object store answered 403 (AccessDenied).');
    world.store.heal();
    await press(page, 'Try refused.bin again');
    await untilTold(page, '1 file done');
    assert.equal(await hashOfOnly(api), await hashOfFile(path));
    await context.close();
  });

  test('leaving warns while something is on its way, and only then', async () => {
    const { page, context } = await world.openPage();
    await beginStuck(page, 'stay.bin', { of: 2, after: 0 });
    await untilTold(page, 'Sending 1 file');
    const asked = page.waitForEvent('dialog');
    await page.close({ runBeforeUnload: true });
    const dialog = await asked;
    assert.equal(dialog.type(), 'beforeunload');
    await dialog.dismiss();
    assert.equal(page.isClosed(), false);
    world.store.heal();
    await untilTold(page, '1 file done');
    const closed = page.waitForEvent('close');
    page.on('dialog', () => assert.fail('it asked again'));
    await page.close({ runBeforeUnload: true });
    await closed;
    await context.close();
  });

  test('what was copied elsewhere is pasted', async () => {
    const { page, context, api } = await world.openPage();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const png = await page.evaluate(COPY_PICTURE);
    assert.equal(png, 'copied');
    await page.getByRole('grid').or(page.getByText('Put your first files in')).first().click();
    await page.keyboard.press('Control+v');
    await row(page, 'image.png').waitFor();
    const { items } = expectStatus(await api.get('/folders/root/children'), 200);
    const { downloadUrl } = expectStatus(await api.get(`/files/${items[0].id}`), 200);
    const bytes = Buffer.from(await (await fetch(downloadUrl)).arrayBuffer());
    assert.equal(bytes.subarray(1, 4).toString('latin1'), 'PNG');
    await context.close();
  });
});

interface Stuck {
  readonly of: number;
  readonly after: number;
}

/** As by copying a picture in another program. */
const COPY_PICTURE = `(async () => {
  const canvas = new OffscreenCanvas(3, 2);
  canvas.getContext('2d').fillRect(0, 0, 2, 2);
  const picture = await canvas.convertToBlob({ type: 'image/png' });
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
  return 'copied';
})()`;
