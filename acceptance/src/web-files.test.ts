import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import {
  type Account,
  type Api,
  assertSameBytes,
  download,
  expectStatus,
  upload,
} from './harness/api.ts';
import type { TestServer } from './harness/server.ts';
import { choose, row, signIn, skipWithoutBrowser, type Visit, visit } from './harness/web.ts';
import { webWorld } from './harness/web-world.ts';

describe('the web app: files', { skip: skipWithoutBrowser }, () => {
  let server: TestServer;
  let browser: Browser;
  let guest: Api;

  before(async () => {
    ({ server, browser, guest } = await webWorld());
  });

  /** A new person's root with these files, opened. */
  async function open(names: readonly string[] = []): Promise<Visit & { ann: Account; api: Api }> {
    const ann = await guest.register();
    const api = guest.as(ann);
    for (const name of names) await upload(api, { name, content: Buffer.from(name) });
    const at = await visit(browser, server.url);
    await signIn(at.page, ann);
    for (const name of names) await row(at.page, name).waitFor();
    return { ...at, ann, api };
  }
  const namesIn = async (api: Api, folder = 'root') =>
    expectStatus(await api.get(`/folders/${folder}/children`), 200)
      .items.map((file: { name: string }) => file.name)
      .sort();

  test('folders: made, entered by double click and Enter, left by the breadcrumb', async () => {
    const { page, context, faults, api } = await open();
    await page.getByText('Put your first files in').waitFor();
    await page.getByRole('button', { name: 'New folder' }).click();
    await page.getByLabel('Name').fill('Photos');
    await page.keyboard.press('Enter');
    await row(page, 'Photos').dblclick();
    const breadcrumb = page.getByRole('navigation', { name: 'Breadcrumb' });
    await breadcrumb.getByText('Photos').waitFor();
    await page.getByRole('button', { name: 'New folder' }).click();
    await page.getByLabel('Name').fill('2026');
    await page.getByRole('button', { name: 'Create' }).click();
    await row(page, '2026').click();
    await page.keyboard.press('Enter');
    await breadcrumb.getByText('2026').waitFor();
    await page.reload();
    await breadcrumb.getByRole('link', { name: 'Photos' }).click();
    await row(page, '2026').waitFor();
    assert.deepEqual(await namesIn(api), ['Photos']);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('a name that is taken is said at the field', async () => {
    const { page, context } = await open(['plan.txt']);
    await page.getByRole('button', { name: 'New folder' }).click();
    await page.getByLabel('Name').fill('PLAN.txt');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('There is something of that name already').waitFor();
    await context.close();
  });

  test('keyboard: arrows, range, all, rename by F2, delete, undo', async () => {
    const { page, context, faults, api } = await open(['a.txt', 'b.txt', 'c.txt']);
    await row(page, 'a.txt').click();
    await page.keyboard.press('Shift+ArrowDown');
    await page.getByText('2 items selected').waitFor();
    await page.keyboard.press('Control+a');
    await page.getByText('3 items selected').waitFor();
    await page.keyboard.press('Escape');
    await row(page, 'b.txt').click();
    await page.keyboard.press('F2');
    await page.keyboard.type('better');
    await page.keyboard.press('Enter');
    await row(page, 'better.txt').waitFor();
    await page.keyboard.press('End');
    await page.keyboard.press('Delete');
    await row(page, 'c.txt').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await row(page, 'c.txt').waitFor();
    assert.deepEqual(await namesIn(api), ['a.txt', 'better.txt', 'c.txt']);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('the menu: rename, move by dialog, copy, delete; the trash gives back', async () => {
    const { page, context, faults, api } = await open(['letter.txt', 'memo.txt']);
    const folder = expectStatus(await api.post('/folders', { name: 'Box', parentId: null }), 201);
    await row(page, 'Box').waitFor();
    await choose(page, 'letter.txt', 'Rename');
    await page.getByLabel('New name').fill('note.txt');
    await page.keyboard.press('Enter');
    await choose(page, 'note.txt', 'Move');
    await page.getByRole('dialog').getByRole('button', { name: 'Box' }).click();
    await page.getByRole('button', { name: 'Move to Box' }).click();
    await page.getByText('moved to Box').waitFor();
    assert.deepEqual(await namesIn(api, folder.file.id), ['note.txt']);
    await choose(page, 'memo.txt', 'Copy');
    await page.getByRole('button', { name: 'Copy to Files' }).click();
    await row(page, 'memo (copy).txt').waitFor();
    await choose(page, 'memo.txt', 'Delete');
    await page.getByText('moved to the trash').waitFor();
    await page.getByRole('link', { name: 'Trash' }).click();
    await choose(page, 'memo.txt', 'Restore');
    await page.getByText('“memo.txt” restored').waitFor();
    assert.deepEqual(await namesIn(api), ['Box', 'memo (copy).txt', 'memo.txt']);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('dragging moves', async () => {
    const { page, context, api } = await open(['drag.txt']);
    const folder = expectStatus(await api.post('/folders', { name: 'Box', parentId: null }), 201);
    await row(page, 'Box').waitFor();
    await row(page, 'drag.txt').dragTo(row(page, 'Box'));
    await page.getByText('moved to Box').waitFor();
    assert.deepEqual(await namesIn(api, folder.file.id), ['drag.txt']);
    await context.close();
  });

  test('search finds by name, anywhere', async () => {
    const { page, context, faults, api } = await open(['ocean.jpg', 'forest.jpg']);
    const folder = expectStatus(await api.post('/folders', { name: 'Deep', parentId: null }), 201);
    await upload(api, { name: 'ocean 2.jpg', parentId: folder.file.id, content: randomBytes(10) });
    await page.getByRole('searchbox').fill('ocean');
    await row(page, 'ocean 2.jpg').waitFor();
    await row(page, 'forest.jpg').waitFor({ state: 'detached' });
    await choose(page, 'ocean 2.jpg', 'Show in folder');
    await page.getByRole('heading', { name: 'Deep' }).waitFor();
    await row(page, 'ocean 2.jpg').waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('details', async () => {
    const { page, context, ann } = await open(['facts.txt']);
    await choose(page, 'facts.txt', 'Details');
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByText('9 bytes').first().waitFor();
    await details.getByText(`${ann.user.name} (you)`).first().waitFor();
    await context.close();
  });

  test('uploads arrive bit by bit; a taken name is asked about once', async () => {
    const { page, context, faults, api } = await open(['taken.bin', 'other.bin']);
    const fresh = randomBytes(300_000);
    const large = randomBytes(20_000_000);
    const bytes = (name: string, buffer: Buffer) => ({
      name,
      buffer,
      mimeType: 'application/x-test',
    });
    await page
      .getByLabel('Files to upload')
      .setInputFiles([bytes('fresh.bin', fresh), bytes('large.bin', large)]);
    await page.getByText('2 files done').waitFor();
    await row(page, 'large.bin').waitFor();
    const listed = expectStatus(await api.get('/folders/root/children'), 200).items;
    const idOf = (name: string) => listed.find((file: { name: string }) => file.name === name).id;
    assertSameBytes(await download(api, idOf('fresh.bin')), fresh);
    assertSameBytes(await download(api, idOf('large.bin')), large);

    await page
      .getByLabel('Files to upload')
      .setInputFiles([bytes('taken.bin', fresh), bytes('other.bin', fresh)]);
    await page.getByText('2 names are taken').waitFor();
    await page.getByRole('button', { name: 'Keep both' }).click();
    await row(page, 'taken (2).bin').waitFor();
    await row(page, 'other (2).bin').waitFor();
    await page.getByLabel('Files to upload').setInputFiles([bytes('taken.bin', fresh)]);
    await page.getByRole('button', { name: 'Replace it' }).click();
    await page.getByText('5 files done').waitFor();
    assertSameBytes(await download(api, idOf('taken.bin')), fresh);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('one file downloads by its signed URL, several as one archive', async () => {
    const { page, context, faults } = await open(['one.txt', 'two.txt']);
    const first = page.waitForEvent('download');
    await choose(page, 'one.txt', 'Download');
    assert.equal((await first).suggestedFilename(), 'one.txt');
    await page.getByRole('grid').focus();
    await page.keyboard.press('Control+a');
    const second = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    const archive = await second;
    assert.equal(archive.suggestedFilename(), 'Valise.zip');
    const stream = await archive.createReadStream();
    const pieces: Buffer[] = [];
    for await (const piece of stream as AsyncIterable<Buffer>) pieces.push(piece);
    const zip = Buffer.concat(pieces);
    assert.equal(zip.readUInt32LE(0), 0x04034b50);
    for (const text of ['one.txt', 'two.txt']) assert.ok(zip.includes(text));
    assert.deepEqual(faults, []);
    await context.close();
  });
});
