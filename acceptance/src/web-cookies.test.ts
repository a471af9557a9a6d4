import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Api, expectStatus, sha256 } from './harness/api.ts';
import { openBrowser } from './harness/browser.ts';
import { CookieCdn } from './harness/cloudfront.ts';
import { pseudoRandom } from './harness/content.ts';
import { putTogether } from './harness/put-together.ts';
import { freePorts, TestServer } from './harness/server.ts';
import { skipUnlessEmbedded } from './harness/store.ts';
import { row, signIn, skipWithoutBrowser, visit } from './harness/web.ts';
import { hashesInArchive } from './harness/zip.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

describe('the web app: cookies of a CDN', {
  skip: skipWithoutBrowser || skipUnlessEmbedded,
}, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'valise-web-cookies-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('an archive of many files is read with one batch’s cookies, not by a link for each', async () => {
    const [port = 0, objects = 0, cdnPort = 0, front = 0] = await freePorts(4);
    const origin = `https://files.example.org:${front}`;
    await using _server = await TestServer.start({
      env: {
        VALISE_PORT: String(port),
        VALISE_URL: origin,
        VALISE_OBJECTS_PORT: String(objects),
        VALISE_OBJECTS_URL: `http://127.0.0.1:${objects}`,
        CDN: 'cloudfront',
        CDN_URL: `https://cdn.example.org:${cdnPort}`,
        CDN_KEY_ID: 'K2JCJMDEHXQW5F',
        CDN_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        CDN_COOKIE_DOMAIN: 'example.org',
      },
    });
    const ports = { cdn: cdnPort, front };
    await using cdn = await CookieCdn.start({ folder, origin, publicKey, ports, serverPort: port });
    const guest = new Api(`http://127.0.0.1:${port}`);
    const ann = await guest.register('Ann');
    const api = guest.as(ann);
    const files = Array.from({ length: 20 }, (_, n) => ({
      name: `page ${n}.html`,
      content: pseudoRandom(`page ${n}`, 700 + n),
    }));
    const fileIds = await putTogether(api, files);
    const { results } = expectStatus(await api.post('/files/download-urls', { fileIds }), 200);
    for (const [n, { content }] of files.entries()) {
      cdn.contents.set(new URL(results[n].downloadUrl).pathname, content);
    }
    const browser = await openBrowser(
      '--ignore-certificate-errors',
      '--host-resolver-rules=MAP *.example.org 127.0.0.1',
    );
    try {
      const { page, faults } = await visit(browser, origin);
      await signIn(page, ann);
      await row(page, 'page 0.html').waitFor();
      await page.getByRole('grid').focus();
      await page.keyboard.press('Control+a');
      const started = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download' }).click();
      const archive = join(folder, 'all.zip');
      await (await started).saveAs(archive);
      const expected = files.map(({ name, content }) => [name, sha256(content)] as const);
      const back = await hashesInArchive(archive);
      assert.deepEqual([...back].sort(), expected.sort());
      assert.deepEqual([...cdn.served].sort(), [...cdn.contents.keys()].sort());
      assert.deepEqual([cdn.refused, faults], [[], []]);
    } finally {
      await browser.close();
    }
  });
});
