import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { type Api, expectStatus } from './harness/api.ts';
import type { TestServer } from './harness/server.ts';
import { signIn, skipWithoutBrowser, visit } from './harness/web.ts';
import { webWorld } from './harness/web-world.ts';

describe('the web app: accounts', { skip: skipWithoutBrowser }, () => {
  let server: TestServer;
  let browser: Browser;
  let guest: Api;

  before(async () => {
    ({ server, browser, guest } = await webWorld());
  });

  test('sign up, sign out, sign in; a reload stays signed in; no token where scripts can read it', async () => {
    const { page, context, faults } = await visit(browser, server.url);
    await page.goto('/');
    await page.getByRole('link', { name: 'Create account' }).click();
    await page.getByLabel('Name').fill('Ann');
    await page.getByLabel('Email').fill('ann@example.org');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('button', { name: 'New folder' }).waitFor();

    await page.reload();
    await page.getByRole('button', { name: 'New folder' }).waitFor();
    const stored = await page.evaluate(() => JSON.stringify({ ...localStorage }));
    assert.doesNotMatch(stored, /vrt_|eyJ/);
    const cookie = (await context.cookies(`${server.url}/auth/refresh`)).at(0);
    assert.deepEqual([cookie?.httpOnly, cookie?.sameSite, cookie?.path], [true, 'Strict', '/auth']);

    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel('Email').fill('ann@example.org');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'wrong' }).waitFor();
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'New folder' }).waitFor();
    // The refused password is an answer of 401, which browsers log.
    assert.deepEqual(
      faults.filter((fault) => !fault.includes('401')),
      [],
    );
    await context.close();
  });

  for (const [button, status] of [
    ['Approve', 200],
    ['Deny', 400],
  ] as const) {
    test(`a device code is confirmed on its page: ${button}`, async () => {
      const ann = await guest.register();
      const code = expectStatus(await guest.post('/auth/device', { device: 'Ann’s NAS' }), 200);
      const link = new URL(code.verificationUriComplete);
      const { page, context, faults } = await visit(browser, server.url);
      await page.goto(link.pathname + link.search);
      await page.getByLabel('Email').fill(ann.email);
      await page.getByLabel('Password').fill(ann.password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('Ann’s NAS').waitFor();
      await page.getByRole('button', { name: button }).click();
      await page.getByRole('status').filter({ hasText: /\w/ }).waitFor();
      const answer = await guest.post('/auth/device/token', { deviceCode: code.deviceCode });
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      assert.deepEqual(faults, []);
      await context.close();
    });
  }

  test('devices are listed; one that is revoked is out', async () => {
    const ann = await guest.register();
    const { page, context, faults } = await visit(browser, server.url);
    await signIn(page, ann);
    await page.getByRole('link', { name: 'Devices' }).click();
    await page.getByText('This device').waitFor();
    await page.getByRole('button', { name: 'Revoke test' }).click();
    await page.getByText('“test” is signed out').waitFor();
    await page.getByRole('button', { name: 'Revoke test' }).waitFor({ state: 'detached' });
    expectStatus(await guest.as(ann).get('/me'), 401);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('the contract is readable', async () => {
    const { page, context, faults } = await visit(browser, server.url);
    await page.goto('/docs');
    await page.getByText('/files/presigned-url').first().waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  });
});
