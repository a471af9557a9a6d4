import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type Api, download, expectStatus, upload } from './harness/api.ts';
import type { TestServer } from './harness/server.ts';
import { choose, row, signIn, skipWithoutBrowser, visit } from './harness/web.ts';
import { webWorld } from './harness/web-world.ts';

describe('the web app: several people and devices', {
  skip: skipWithoutBrowser,
}, () => {
  let server: TestServer;
  let browser: Browser;
  let guest: Api;

  before(async () => {
    ({ server, browser, guest } = await webWorld());
  });

  test('two browsers: shared by dialog, seen by push, limited by role, taken away', async () => {
    const [ann, bob] = [await guest.register('Ann'), await guest.register('Bob')];
    const asAnn = guest.as(ann);
    const made = expectStatus(await asAnn.post('/folders', { name: 'Plans', parentId: null }), 201);
    await upload(asAnn, { name: 'roof.txt', parentId: made.file.id, content: Buffer.from('roof') });
    const [hers, his] = [await visit(browser, server.url), await visit(browser, server.url)];
    await signIn(hers.page, ann);
    await signIn(his.page, bob);
    await his.page.getByRole('link', { name: 'Shared' }).click();
    await his.page.getByText('Nothing is shared with you yet').waitFor();

    await choose(hers.page, 'Plans', 'Share');
    const dialog = hers.page.getByRole('dialog');
    await dialog.getByLabel('People').fill('nobody@example.org');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await dialog.getByText('Nobody here has the address nobody@example.org').waitFor();
    await dialog.getByLabel('People').fill(bob.email);
    await dialog.getByRole('button', { name: 'Add' }).click();
    await dialog.getByText(bob.email).waitFor();

    // Without a reload.
    await row(his.page, 'Plans').waitFor();
    await his.page.getByText('Look only').waitFor();
    await choose(his.page, 'Plans', 'Details');
    const details = his.page.getByRole('complementary', { name: 'Details' });
    await details.locator('dd', { hasText: 'Ann' }).waitFor();
    await his.page.getByRole('button', { name: 'Close details' }).click();
    await row(his.page, 'Plans').dblclick();
    await row(his.page, 'roof.txt').click({ button: 'right' });
    await his.page.getByRole('menuitem', { name: 'Download' }).waitFor();
    for (const item of ['Rename', 'Move', 'Delete', 'Share']) {
      assert.equal(await his.page.getByRole('menuitem', { name: item }).count(), 0, item);
    }
    await his.page.keyboard.press('Escape');
    assert.equal(await his.page.getByRole('button', { name: 'New folder' }).count(), 0);

    await upload(asAnn, { name: 'wall.txt', parentId: made.file.id, content: Buffer.from('wall') });
    await row(his.page, 'wall.txt').waitFor();

    await dialog.getByRole('button', { name: 'Remove Bob' }).click();
    await dialog.getByText('Nobody else yet').waitFor();
    await his.page.getByText('It isn’t there any more').waitFor();
    await his.page.getByRole('navigation', { name: 'Main' }).getByText('Shared').click();
    await his.page.getByText('Nothing is shared with you yet').waitFor();
    // Only what isn't there any more is refused.
    assert.deepEqual(
      [...hers.faults, ...his.faults].filter((fault) => !/40[34]|422/.test(fault)),
      [],
    );
    await hers.context.close();
    await his.context.close();
  });

  test('a badge says with how many it is shared, in all browsers of its owner', async () => {
    const [ann, bob, eve] = [
      await guest.register('Ann'),
      await guest.register('Bob'),
      await guest.register('Eve'),
    ];
    const asAnn = guest.as(ann);
    const made = expectStatus(await asAnn.post('/folders', { name: 'Plans', parentId: null }), 201);
    await upload(asAnn, { name: 'roof.txt', parentId: made.file.id, content: Buffer.from('roof') });
    const [here, there] = [await visit(browser, server.url), await visit(browser, server.url)];
    await signIn(here.page, ann);
    await signIn(there.page, ann);
    await there.page.getByRole('link', { name: 'Shared' }).click();
    await there.page.getByRole('link', { name: 'By me' }).click();
    await there.page.getByText('You share nothing yet').waitFor();
    const badge = (page: Page, text: string) =>
      row(page, 'Plans').getByRole('img', { name: text, exact: true });

    await choose(here.page, 'Plans', 'Share');
    const dialog = here.page.getByRole('dialog');
    await dialog.getByLabel('People').fill(`${bob.email} ${eve.email}`);
    await dialog.getByRole('button', { name: 'Add' }).click();
    await badge(there.page, 'Shared with 2 people').waitFor();
    await there.page.reload();
    await badge(there.page, 'Shared with 2 people').waitFor();
    await dialog.getByRole('button', { name: 'Remove Eve' }).click();
    await badge(there.page, 'Shared with 1 person').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await badge(here.page, 'Shared with 1 person').waitFor();
    await choose(here.page, 'Plans', 'Details');
    const details = here.page.getByRole('complementary', { name: 'Details' });
    await details.getByRole('img', { name: 'Shared with 1 person' }).waitFor();

    // The guest leaves: their own act, and nobody's here.
    const left = await guest.as(bob).call('DELETE', `/files/${made.file.id}/shares/${bob.user.id}`);
    expectStatus(left, 204);
    await there.page.getByText('You share nothing yet').waitFor();
    await details.getByRole('img', { name: 'Shared with' }).waitFor({ state: 'detached' });
    assert.equal(await row(here.page, 'Plans').getByRole('img').count(), 0);
    assert.deepEqual([...here.faults, ...there.faults], []);
    await here.context.close();
    await there.context.close();
  });

  test('an editor of a single file uploads its next version', async () => {
    const [ann, bob] = [await guest.register('Ann'), await guest.register('Bob')];
    const [asAnn, asBob] = [guest.as(ann), guest.as(bob)];
    const made = expectStatus(await asAnn.post('/folders', { name: 'own', parentId: null }), 201);
    const first = { name: 'plan.txt', parentId: made.file.id, content: Buffer.from('first') };
    const file = await upload(asAnn, first);
    const share = (role: string) =>
      asAnn.post(`/files/${file.id}/share`, { users: [bob.email], role });
    expectStatus(await share('editor'), 200);
    const { page, context, faults } = await visit(browser, server.url);
    await signIn(page, bob);
    await page.getByRole('link', { name: 'Shared' }).click();
    const chooser = page.waitForEvent('filechooser');
    await choose(page, 'plan.txt', 'Upload a new version');
    const second = { name: 'from here.txt', mimeType: 'text/plain', buffer: Buffer.from('second') };
    await (await chooser).setFiles([second]);
    await page.getByLabel('Done').waitFor();
    assert.equal(Buffer.from(await download(asAnn, file.id)).toString(), 'second');
    const [item, ...more] = expectStatus(
      await asAnn.get(`/folders/${made.file.id}/children`),
      200,
    ).items;
    assert.deepEqual([item.name, item.version, more], ['plan.txt', 2, []]);
    assert.deepEqual(expectStatus(await asBob.get('/folders/root/children'), 200).items, []);
    expectStatus(await share('viewer'), 200);
    await page.getByText('Look only').waitFor();
    await row(page, 'plan.txt').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Download' }).waitFor();
    assert.equal(await page.getByRole('menuitem', { name: 'Upload a new version' }).count(), 0);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('another device’s changes appear by themselves: new, renamed, gone', async () => {
    const ann = await guest.register();
    const api = guest.as(ann);
    const { page, context, faults } = await visit(browser, server.url);
    await signIn(page, ann);
    const file = await upload(api, { name: 'new.txt', content: Buffer.from('x') });
    await row(page, 'new.txt').waitFor();
    expectStatus(await api.call('PATCH', `/files/${file.id}`, { name: 'newer.txt' }), 200);
    await row(page, 'newer.txt').waitFor();
    await row(page, 'new.txt').waitFor({ state: 'detached' });
    expectStatus(await api.call('DELETE', `/files/${file.id}`), 204);
    await row(page, 'newer.txt').waitFor({ state: 'detached' });
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('offline is said, and what was missed is there afterwards', async () => {
    const ann = await guest.register();
    const api = guest.as(ann);
    const { page, context } = await visit(browser, server.url);
    await signIn(page, ann);
    await context.setOffline(true);
    await page.getByText('You are offline').waitFor();
    await upload(api, { name: 'missed.txt', content: Buffer.from('x') });
    await context.setOffline(false);
    await row(page, 'missed.txt').waitFor();
    await page.getByText('You are offline').waitFor({ state: 'detached' });
    await context.close();
  });

  test('a device that was revoked is led to the sign-in page', async () => {
    const ann = await guest.register();
    const api = guest.as(ann);
    const { page, context } = await visit(browser, server.url);
    await signIn(page, ann);
    const { items } = expectStatus(await api.get('/devices'), 200);
    const other = items.find((device: { current: boolean }) => !device.current);
    expectStatus(await api.call('DELETE', `/devices/${other.id}`), 204);
    await page.getByText('Your login here has ended').waitFor();
    await context.close();
  });

  test('the password is changed, and other devices are out', async () => {
    const ann = await guest.register();
    const { page, context } = await visit(browser, server.url);
    await signIn(page, ann);
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('menuitem', { name: 'Account settings' }).click();
    await page.getByLabel('Current password').fill('not it');
    await page.getByLabel('New password').fill('another good one');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('The current password is wrong').waitFor();
    await page.getByLabel('Current password').fill(ann.password);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('The password is changed').waitFor();
    expectStatus(await guest.as(ann).get('/me'), 401);
    const { email } = ann;
    const again = await guest.post('/auth/login', { email, password: 'another good one' });
    expectStatus(again, 200);
    await context.close();
  });
});
