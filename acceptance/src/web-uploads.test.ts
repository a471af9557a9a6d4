import assert from 'node:assert/strict';
import { open, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type Api, expectStatus, type Json } from './harness/api.ts';
import { skipUnlessEmbedded } from './harness/store.ts';
import { hashOfFile, hashOfUrl, writeRandomFile } from './harness/test-files.ts';
import { row, skipWithoutBrowser, type Visit } from './harness/web.ts';
import {
  chooseFiles,
  dropFromDesktop,
  isFull,
  killTab,
  stopAfter,
  until,
  untilStuck,
  untilTold,
} from './harness/web-transfers.ts';
import { type WebWorld, webWorld } from './harness/web-world.ts';

const MiB = 1024 * 1024;
const PART = 8 * MiB;
/** Heads of requests and what else isn't content, of all parts together. */
const SLACK = 2 * MiB;

describe('the web app: uploads that are interrupted', {
  skip: skipWithoutBrowser || skipUnlessEmbedded,
}, () => {
  let folder: string;
  let world: WebWorld;

  before(async () => {
    world = await webWorld();
    folder = await world.newFolder();
  });

  /** The tab dies; another one is opened on the same profile. */
  async function reopen({ page, context }: Visit): Promise<Page> {
    await killTab(page);
    world.store.heal();
    const next = await context.newPage();
    await next.goto('/');
    return next;
  }
  const giveFile = (page: Page, path: string) =>
    page.getByLabel(/^File to continue/).setInputFiles(path);
  async function only(api: Api): Promise<Json> {
    const { items } = expectStatus(await api.get('/folders/root/children'), 200);
    assert.equal(items.length, 1);
    return expectStatus(await api.get(`/files/${items[0].id}`), 200);
  }

  test('the network cut, then the tab killed: it goes on, and nothing is sent twice', async () => {
    const size = isFull ? 2048 * MiB : 48 * MiB;
    const third = Math.floor(size / PART / 3);
    const path = join(folder, 'large.bin');
    await writeRandomFile(path, size);
    const at = await world.openPage();
    const before = world.store.sent;
    const earlier = world.store.answered(200);
    // A part that is cut in its middle would have to be sent again.
    const untilStored = (parts: number) =>
      until(`${parts} parts are stored`, () => world.store.answered(200) - earlier >= parts);
    stopAfter(world.store, third);
    await chooseFiles(at.page, path);
    await untilStuck(world.store);
    await untilStored(third);
    await at.context.setOffline(true);
    await untilTold(at.page, 'No connection. It goes on by itself.');
    world.store.heal();
    stopAfter(world.store, third);
    await at.context.setOffline(false);
    await untilStuck(world.store);
    await untilStored(2 * third);
    const page = await reopen(at);
    await untilTold(page, 'Interrupted. Choose the file again to go on.');
    const resumedAt = world.store.sent;
    await giveFile(page, path);
    await untilTold(page, '1 file done');
    await row(page, 'large.bin').waitFor();
    const { downloadUrl } = await only(at.api);
    assert.equal(await hashOfUrl(downloadUrl), await hashOfFile(path));
    const [all, resumed] = [world.store.sent - before, world.store.sent - resumedAt];
    assert.ok(all < size + SLACK, `${all} bytes went to the store for ${size}`);
    assert.ok(resumed < size - 2 * third * PART + SLACK, `${resumed} bytes after the reload`);
    await at.context.close();
  });

  test('another file under the old name is refused, and the right one goes on', async () => {
    const path = join(folder, 'old.bin');
    await writeRandomFile(path, 3 * PART);
    const at = await world.openPage();
    stopAfter(world.store, 1);
    await chooseFiles(at.page, path);
    await untilStuck(world.store);
    const page = await reopen(at);
    await untilTold(page, 'Interrupted. Choose the file again to go on.');
    const other = join(folder, 'other', 'old.bin');
    await writeRandomFile(other, 3 * PART - 1);
    await giveFile(page, other);
    await untilTold(page, 'That is another file, or it changed since.');
    await giveFile(page, path);
    await untilTold(page, '1 file done');
    const { downloadUrl } = await only(at.api);
    assert.equal(await hashOfUrl(downloadUrl), await hashOfFile(path));
    await at.context.close();
  });

  test('the same name, size and time, but other bytes: noticed, and sent anew', async () => {
    const path = join(folder, 'twin.bin');
    await writeRandomFile(path, 3 * PART);
    const aMinuteAgo = Math.floor(Date.now() / 1_000) - 60;
    await utimes(path, aMinuteAgo, aMinuteAgo);
    const at = await world.openPage();
    stopAfter(world.store, 1);
    await chooseFiles(at.page, path);
    await untilStuck(world.store);
    const page = await reopen(at);
    await untilTold(page, 'Interrupted. Choose the file again to go on.');
    const file = await open(path, 'r+');
    // In each part: those that have arrived are not compared again.
    for (let at = 0; at < 3 * PART; at += PART) await file.write(Buffer.alloc(64), 0, 64, at);
    await file.close();
    await utimes(path, aMinuteAgo, aMinuteAgo);
    await giveFile(page, path);
    await untilTold(page, 'The file changed. Choose it again to send it as it is now.');
    await giveFile(page, path);
    await untilTold(page, '1 file done');
    const { downloadUrl } = await only(at.api);
    assert.equal(await hashOfUrl(downloadUrl), await hashOfFile(path));
    await at.context.close();
  });

  test('cancelled before it went on after a reload: nothing stays pending at the server', async () => {
    const path = join(folder, 'dropped.bin');
    await writeRandomFile(path, 3 * PART);
    const at = await world.openPage();
    stopAfter(world.store, 1);
    const urls = at.page.waitForRequest(/\/upload\/urls$/);
    await chooseFiles(at.page, path);
    await untilStuck(world.store);
    const pending = new URL((await urls).url()).pathname.replace(/\/urls$/, '');
    expectStatus(await at.api.get(pending), 200);
    const page = await reopen(at);
    await untilTold(page, 'Interrupted. Choose the file again to go on.');
    await page.getByRole('button', { name: 'Cancel dropped.bin' }).click();
    await until('nothing is pending', async () => (await at.api.get(pending)).status === 404);
    await page.reload();
    await row(page, 'dropped.bin').waitFor({ state: 'detached' });
    assert.equal(await page.getByText('interrupted').count(), 0);
    await at.context.close();
  });

  test('a folder that was interrupted goes on when it is chosen again, once for all', async () => {
    const root = join(folder, 'Album');
    await writeRandomFile(join(root, 'film.mp4'), 2 * PART);
    for (const name of ['a.jpg', 'b.jpg', 'deep/c.jpg']) {
      await writeRandomFile(join(root, name), 50_000);
    }
    const at = await world.openPage();
    stopAfter(world.store, 0);
    await at.page.getByLabel('Folder to upload').setInputFiles(root);
    await untilStuck(world.store);
    const page = await reopen(at);
    await untilTold(page, '4 uploads interrupted');
    await page.getByLabel('Folder to continue').setInputFiles(root);
    await untilTold(page, '4 files done');
    const album = await only(at.api);
    const children = `/folders/${album.file.id}/children`;
    const names = expectStatus(await at.api.get(children), 200).items.map(
      (item: Json) => item.name,
    );
    assert.deepEqual(names.sort(), ['a.jpg', 'b.jpg', 'deep', 'film.mp4']);
    await at.context.close();
  });

  test('a dropped file goes on by itself after a reload', async () => {
    const path = join(folder, 'dragged.bin');
    await writeRandomFile(path, 3 * PART);
    const at = await world.openPage();
    await at.page.getByText('Put your first files in').waitFor();
    stopAfter(world.store, 1);
    await dropFromDesktop(at.page, [path]);
    await untilStuck(world.store);
    at.page.on('dialog', (dialog) => void dialog.accept());
    await at.page.reload();
    world.store.heal();
    await untilTold(at.page, '1 file done');
    const { downloadUrl } = await only(at.api);
    assert.equal(await hashOfUrl(downloadUrl), await hashOfFile(path));
    await at.context.close();
  });
});
