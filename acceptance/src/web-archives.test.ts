import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { Api } from './harness/api.ts';
import { freePorts, TestServer } from './harness/server.ts';
import { skipUnlessEmbedded } from './harness/store.ts';
import { hashesBelow, writeRandomFile } from './harness/test-files.ts';
import { row, signIn, skipWithoutBrowser, visit } from './harness/web.ts';
import {
  chooseFiles,
  dropFromDesktop,
  isFull,
  PATIENCE_MS,
  untilTold,
} from './harness/web-transfers.ts';
import { ELSEWHERE, type WebWorld, webWorld } from './harness/web-world.ts';
import { hashesInArchive } from './harness/zip.ts';

const MiB = 1024 * 1024;

describe('the web app: archives', { skip: skipWithoutBrowser }, () => {
  let folder: string;
  let world: WebWorld;

  before(async () => {
    world = await webWorld();
    folder = await world.newFolder();
  });

  /** What `send` sends comes back as one archive; answers it by path. */
  async function thereAndBack(url: string, send: (page: Page) => Promise<void>) {
    const ann = await new Api(url.replace(ELSEWHERE, '127.0.0.1')).register();
    const at = await visit(world.browser, url);
    await signIn(at.page, ann);
    await at.page.getByText('Put your first files in').waitFor();
    await send(at.page);
    await untilTold(at.page, /files done$/);
    await row(at.page, 'Trip').waitFor();
    await at.page.getByRole('grid').focus();
    await at.page.keyboard.press('Control+a');
    const begun = performance.now();
    const started = at.page.waitForEvent('download', { timeout: PATIENCE_MS });
    await at.page.getByRole('button', { name: 'Download' }).click();
    const archive = join(folder, `${ann.user.id}.zip`);
    await (await started).saveAs(archive);
    const seconds = (performance.now() - begun) / 1_000;
    const back = await hashesInArchive(archive);
    await rm(archive);
    return { ...at, back, seconds };
  }
  async function makeTree(root: string, large: number): Promise<readonly string[]> {
    await mkdir(join(root, 'Trip', 'empty'), { recursive: true });
    await mkdir(join(root, 'Ünï ✈', 'd e'), { recursive: true });
    await writeRandomFile(join(root, 'Trip', 'film.mp4'), large);
    await writeRandomFile(join(root, 'Ünï ✈', 'd e', 'f.bin'), MiB + 1);
    await writeRandomFile(join(root, 'Ünï ✈', 'nothing.txt'), 0);
    for (let number = 0; number < 40; number++) {
      await writeRandomFile(join(root, 'Trip', 'days', `${number}.jpg`), 1_000 * number);
    }
    await writeRandomFile(join(root, 'letter.pdf'), 12 * MiB);
    return ['Trip', 'Ünï ✈', 'letter.pdf'].map((name) => join(root, name));
  }

  test('files and folders as one archive, bit by bit what went up', async (context) => {
    const root = join(folder, 'secure');
    const large = isFull ? 3_000_000_000 : 20 * MiB;
    const paths = await makeTree(root, large);
    const send = (page: Page) => dropFromDesktop(page, paths);
    const { back, seconds, faults, ...at } = await thereAndBack(world.server.url, send);
    context.diagnostic(`${Math.round(large / seconds / 1e6)} MB/s down`);
    assert.deepEqual(back, await hashesBelow(root));
    assert.deepEqual(faults, []);
    await at.context.close();
  });

  test('without a secure context: said, and still everything goes up and comes back', {
    skip: skipUnlessEmbedded,
  }, async () => {
    const [port, objects] = await freePorts(2);
    await using server = await TestServer.start({
      env: {
        VALISE_PORT: String(port),
        VALISE_URL: `http://${ELSEWHERE}:${port}`,
        VALISE_OBJECTS_PORT: String(objects),
        VALISE_OBJECTS_URL: `http://${ELSEWHERE}:${objects}`,
      },
    });
    const root = join(folder, 'insecure');
    const [trip = '', other = '', letter = ''] = await makeTree(root, 9 * MiB);
    // Pickers tell nothing of empty folders.
    await rm(join(trip, 'empty'), { recursive: true });
    const url = `http://${ELSEWHERE}:${new URL(server.url).port}`;
    const { page, back, faults, ...at } = await thereAndBack(url, async (there) => {
      for (const path of [trip, other]) {
        await there.getByLabel('Folder to upload').setInputFiles(path);
      }
      await chooseFiles(there, letter);
    });
    await page.getByText('This page came over an unprotected connection').waitFor();
    assert.equal(await page.evaluate('window.isSecureContext'), false);
    assert.deepEqual(back, await hashesBelow(root));
    assert.deepEqual(
      faults.filter((fault) => /Security Policy/.test(fault)),
      [],
    );
    await at.context.close();
  });
});
