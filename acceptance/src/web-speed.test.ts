import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { Api } from './harness/api.ts';
import { openBrowser } from './harness/browser.ts';
import { valise } from './harness/cli.ts';
import { TestServer } from './harness/server.ts';
import { writeRandomFile } from './harness/test-files.ts';
import { signIn, skipWithoutBrowser, visit } from './harness/web.ts';
import { chooseFiles, isFull, untilTold } from './harness/web-transfers.ts';

const SIZE = Number(process.env.SPEED_MIB ?? 1024) * 1024 * 1024;
const ROUNDS = Number(process.env.SPEED_ROUNDS ?? 3);
/** Of the command line's speed, at the same store. */
const LEAST = 0.8;

/** By the clock: of use on a quiet machine alone, and only at full size. */
describe('the web app: speed', { skip: skipWithoutBrowser || !isFull }, () => {
  let folder: string;
  let path: string;
  let server: TestServer;
  let browser: Browser;
  let guest: Api;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'valise-web-speed-'));
    path = join(folder, 'large.bin');
    await writeRandomFile(path, SIZE);
    server = await TestServer.start();
    browser = await openBrowser();
    guest = new Api(server.url);
  });
  after(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** Each by a person of their own: nobody is spared what another has sent. */
  async function byCommandLine(): Promise<number> {
    const { email, password } = await guest.register();
    const home = await mkdtemp(join(folder, 'home-'));
    const login = ['login', server.url, '--email', email, '--password-stdin'];
    assert.equal((await valise(login, { home, input: password })).code, 0);
    const begun = performance.now();
    assert.equal((await valise(['put', path], { home })).code, 0);
    return rateSince(begun);
  }
  async function byBrowser(): Promise<number> {
    const { page, context } = await visit(browser, server.url);
    await signIn(page, await guest.register());
    const begun = performance.now();
    await chooseFiles(page, path);
    await untilTold(page, '1 file done');
    const rate = rateSince(begun);
    await context.close();
    return rate;
  }

  test('one large file goes up nearly as fast as by the command line', async (context) => {
    const rates = { browser: [] as number[], commandLine: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      rates.commandLine.push(await byCommandLine());
      rates.browser.push(await byBrowser());
      if (process.env.SPEED_TELL) console.log(JSON.stringify(rates));
    }
    context.diagnostic(`MB/s: ${JSON.stringify(rates)}`);
    const ratio = median(rates.browser) / median(rates.commandLine);
    context.diagnostic(`${ratio.toFixed(2)} of the command line's speed`);
    assert.ok(ratio >= LEAST, `${ratio.toFixed(2)}`);
  });
});

function rateSince(begun: number): number {
  return Math.round(SIZE / 1_000 / (performance.now() - begun));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
