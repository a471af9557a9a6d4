import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { Api, expectStatus } from './harness/api.ts';
import { CHROMIUM, openBrowser } from './harness/browser.ts';
import { TestServer } from './harness/server.ts';

/** In CI a missing browser is a fault; on somebody's laptop it isn't. */
const skip =
  existsSync(CHROMIUM) || process.env.CI !== undefined ? false : `no browser at ${CHROMIUM}`;

describe('pages in a real browser', { skip }, () => {
  let server: TestServer;
  let browser: Browser;
  let guest: Api;

  before(async () => {
    server = await TestServer.start();
    browser = await openBrowser();
    guest = new Api(server.url);
  });
  after(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
  });

  /** A page that fails the test on any script error or refused resource. */
  async function open(path: string): Promise<{ page: Page; faults: string[] }> {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    await page.goto(server.url + path);
    return { page, faults };
  }

  test('the first page says what runs here', async () => {
    const { page, faults } = await open('/');
    await page.getByRole('heading', { name: 'Valise' }).waitFor();
    assert.match(await page.content(), /valise login/);
    assert.deepEqual(faults, []);
  });

  test('the contract is readable', async () => {
    const { page, faults } = await open('/docs');
    await page.getByText('/files/presigned-url').first().waitFor();
    assert.deepEqual(faults, []);
  });

  for (const [button, status] of [
    ['Approve', 200],
    ['Deny', 400],
  ] as const) {
    test(`a device code is confirmed on its page: ${button}`, async () => {
      const ann = await guest.register();
      const code = expectStatus(await guest.post('/auth/device', { device: 'Ann’s NAS' }), 200);
      const link = new URL(code.verificationUriComplete);
      const { page, faults } = await open(link.pathname + link.search);
      await page.getByLabel('Email').fill(ann.email);
      await page.getByLabel('Password').fill(ann.password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('Ann’s NAS').waitFor();
      await page.getByRole('button', { name: button }).click();
      await page.getByRole('status').filter({ hasText: /\w/ }).waitFor();
      const answer = await guest.post('/auth/device/token', { deviceCode: code.deviceCode });
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      assert.deepEqual(faults, []);
    });
  }
});
