import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { type Account, expectStatus, upload } from './harness/api.ts';
import type { TestServer } from './harness/server.ts';
import { row, signIn, skipWithoutBrowser, visit } from './harness/web.ts';
import { webWorld } from './harness/web-world.ts';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Bytes of script, as they travel, until the first view stands. */
const FIRST_LOAD_LIMIT = 250_000;

describe('the web app: quality', { skip: skipWithoutBrowser }, () => {
  let server: TestServer;
  let browser: Browser;
  let ann: Account;

  before(async () => {
    const world = await webWorld();
    ({ server, browser } = world);
    const { guest } = world;
    ann = await guest.register('Ann');
    const api = guest.as(ann);
    const made = expectStatus(await api.post('/folders', { name: 'Photos', parentId: null }), 201);
    const bob = await guest.register('Bob');
    expectStatus(await api.post(`/files/${made.file.id}/share`, { users: [bob.email] }), 200);
    for (const name of ['a.txt', 'b.jpg', 'gone.txt']) {
      await upload(api, { name, mimeType: 'text/plain', content: randomBytes(100) });
    }
    const { items } = expectStatus(await api.get('/files/search?q=gone'), 200);
    expectStatus(await api.call('DELETE', `/files/${items[0].id}`), 204);
  });

  /** Every fault that the rules of WCAG 2.2 AA know, with the place it is at. */
  async function faultsOf(page: Page): Promise<string[]> {
    // From outside the page: its policy lets nothing in.
    await page.evaluate(AXE);
    const run = `axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`;
    const results: AxeResults = await page.evaluate(run);
    return results.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
    );
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`no accessibility fault in any view, ${colorScheme}`, async () => {
      const { page, context } = await visit(browser, server.url, { colorScheme });
      const found: Record<string, string[]> = {};
      const look = async (where: string) => {
        const faults = await faultsOf(page);
        if (faults.length > 0) found[where] = faults;
      };
      await page.goto('/sign-up');
      await page.getByLabel('Name').waitFor();
      await look('sign up');
      await page.goto('/sign-in');
      await page.getByLabel('Email').waitFor();
      await look('sign in');
      await signIn(page, ann);
      await row(page, 'a.txt').waitFor();
      await look('files');
      await row(page, 'a.txt').click();
      await look('with a selection');
      await page.keyboard.press('Shift+F10');
      await page.getByRole('menuitem', { name: 'Details' }).waitFor();
      await look('menu');
      await page.getByRole('menuitem', { name: 'Details' }).click();
      await page.getByRole('complementary', { name: 'Details' }).waitFor();
      await look('details');
      await page.getByRole('button', { name: 'Share' }).last().click();
      await page.getByRole('dialog').waitFor();
      await page.getByText('Nobody else yet').last().waitFor();
      await look('share dialog');
      await page.keyboard.press('Escape');
      await page
        .getByLabel('Files to upload')
        .setInputFiles([{ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('clash') }]);
      await page.getByRole('button', { name: 'Keep both' }).waitFor();
      await look('clash dialog');
      await page.getByRole('button', { name: 'Skip it' }).click();
      await look('transfers');
      for (const [link, ready] of [
        ['Shared', 'Nothing is shared with you yet'],
        ['By me', 'Photos'],
        ['Trash', 'gone.txt'],
        ['Devices', 'This device'],
      ] as const) {
        await page.getByRole('link', { name: link }).click();
        await page.getByText(ready).waitFor();
        await look(link);
      }
      await page.goto('/account');
      await page.getByLabel('New password').waitFor();
      await look('account');
      assert.deepEqual(found, {});
      await context.close();
    });
  }

  test('everything by keyboard alone: sign in, open, make, rename, delete, undo', async () => {
    const { page, context } = await visit(browser, server.url);
    await page.goto('/');
    await page.getByLabel('Email').focus();
    await page.keyboard.type(ann.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(ann.password);
    await page.keyboard.press('Enter');
    await row(page, 'Photos').waitFor();
    await tabTo(page, 'New folder');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('Made by keys');
    await page.keyboard.press('Enter');
    await row(page, 'Made by keys').waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // The focus goes back to where the dialog came from.
    await page.locator('button:focus', { hasText: 'New folder' }).waitFor();
    for (let tabs = 0; tabs < 40 && !(await isFocused(page, 'grid')); tabs++) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('F2');
    await page.keyboard.type('Renamed by keys');
    await page.keyboard.press('Enter');
    await row(page, 'Renamed by keys').waitFor();
    await page.keyboard.press('Delete');
    await row(page, 'Renamed by keys').waitFor({ state: 'detached' });
    await tabTo(page, 'Undo');
    await page.keyboard.press('Enter');
    await row(page, 'Renamed by keys').waitFor();
    await context.close();
  });

  test('a telephone: nothing sticks out, and files can be opened and shared', async () => {
    const viewport = { width: 390, height: 844 };
    const { page, context, faults } = await visit(browser, server.url, { viewport, touch: true });
    await signIn(page, ann);
    await row(page, 'a.txt').waitFor();
    const overflow = () =>
      page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    assert.equal(await overflow(), 0);
    await row(page, 'a.txt').getByRole('button', { name: 'Actions for a.txt' }).click();
    await page.getByRole('menuitem', { name: 'Share' }).click();
    await page.getByRole('dialog').waitFor();
    assert.equal(await overflow(), 0);
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Devices' }).click();
    await page.getByText('This device').waitFor();
    assert.equal(await overflow(), 0);
    assert.deepEqual(await faultsOf(page), []);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('the first load is small, kept for ever, and nothing moves while it appears', async () => {
    const { page, context } = await visit(browser, server.url);
    await signIn(page, ann);
    let script = 0;
    page.on('response', async (response) => {
      if (!response.url().endsWith('.js')) return;
      script += Number(response.headers()['content-length'] ?? 0);
      if (!response.url().includes('/assets/')) return;
      assert.match(response.headers()['cache-control'] ?? '', /immutable/);
    });
    await page.goto('/trash', { waitUntil: 'networkidle' });
    const session = await context.newCDPSession(page);
    await session.send('Network.setCacheDisabled', { cacheDisabled: true });
    script = 0;
    await page.goto('/', { waitUntil: 'networkidle' });
    await row(page, 'a.txt').waitFor();
    assert.ok(script > 50_000 && script < FIRST_LOAD_LIMIT, `${script} bytes of script`);
    const shift: number = await page.evaluate(`new Promise((done) => {
      let sum = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) sum += entry.value;
      }).observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => done(sum), 300);
    })`);
    assert.ok(shift < 0.05, `the layout moved by ${shift}`);
    await context.close();
  });
});

async function isFocused(page: Page, role: string): Promise<boolean> {
  return (await page.evaluate('document.activeElement.getAttribute("role")')) === role;
}

/** Presses Tab until the button of this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let tabs = 0; tabs < 60; tabs++) {
    await page.keyboard.press('Tab');
    const text = await page.evaluate('document.activeElement.textContent.trim()');
    if (text === name) return;
  }
  assert.fail(`Tab never came to ${name}`);
}
