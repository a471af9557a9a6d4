import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Account, Api } from './harness/api.ts';
import { BareBrowser } from './harness/bare-browser.ts';
import { valise } from './harness/cli.ts';
import { TestServer } from './harness/server.ts';
import { writeRandomFile } from './harness/test-files.ts';
import { skipWithoutBrowser } from './harness/web.ts';
import { isFull, LONGEST_TASK_MS, until } from './harness/web-transfers.ts';

const SIZE = 1024 * 1024 * 1024;
const ROUNDS = 3;
/** Of the command line's speed, at the same store. */
const LEAST_SHARE = 0.8;

const FILES = 5_000;
const LEAST_FILES_A_SECOND = 100;

const NOTE_LONG_TASKS = `{
  const found = (globalThis.longTasks = []);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) found.push(Math.round(duration));
  }).observe({ type: 'longtask' });
}`;
const IS_DONE = `/files? done/.test(document.querySelector('[aria-label=Transfers]')?.innerText)`;

/** By the clock: of use on a quiet machine alone, and only at full size. */
describe('the web app: speed', { skip: skipWithoutBrowser || !isFull }, () => {
  let folder: string;
  let server: TestServer;
  let guest: Api;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'valise-web-speed-'));
    server = await TestServer.start({ env: { VALISE_RATE_LIMIT: '1000000' } });
    guest = new Api(server.url);
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** Each by a person of their own: nobody is spared what another has sent. */
  async function openPage(): Promise<BareBrowser> {
    const ann: Account = await guest.register();
    const browser = await BareBrowser.start(join(folder, ann.user.id));
    await browser.signIn(server.url, ann);
    return browser;
  }
  async function byCommandLine(path: string): Promise<number> {
    const { email, password } = await guest.register();
    const home = await mkdtemp(join(folder, 'home-'));
    const login = ['login', server.url, '--email', email, '--password-stdin'];
    assert.equal((await valise(login, { home, input: password })).code, 0);
    return secondsOf(async () => {
      assert.equal((await valise(['put', path], { home })).code, 0);
    });
  }
  async function byBrowser(path: string): Promise<number> {
    await using browser = await openPage();
    return await secondsOf(async () => {
      await browser.choose(path);
      await until('it is done', () => browser.evaluate(IS_DONE));
    });
  }

  test('one large file goes up nearly as fast as by the command line', async (context) => {
    const path = join(folder, 'large.bin');
    await writeRandomFile(path, SIZE);
    const seconds = { browser: [] as number[], commandLine: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      seconds.commandLine.push(await byCommandLine(path));
      seconds.browser.push(await byBrowser(path));
    }
    context.diagnostic(JSON.stringify(seconds));
    const share = median(seconds.commandLine) / median(seconds.browser);
    context.diagnostic(`${share.toFixed(2)} of the command line's speed`);
    assert.ok(share >= LEAST_SHARE, share.toFixed(2));
  });

  test('thousands of files that are dropped', async (context) => {
    const root = join(folder, 'Album');
    for (let number = 0; number < FILES; number++) {
      await writeRandomFile(join(root, `${number % 7}`, `picture ${number}.jpg`), 4_096);
    }
    await using browser = await openPage();
    await browser.evaluate(NOTE_LONG_TASKS);
    const seconds = await secondsOf(async () => {
      await browser.drop(root);
      await until('all are done', () => browser.evaluate(IS_DONE));
    });
    const rate = Math.round(FILES / seconds);
    const longest = Math.max(0, ...(await browser.evaluate('globalThis.longTasks')));
    context.diagnostic(`${rate} files a second, longest task ${longest} ms`);
    assert.ok(rate >= LEAST_FILES_A_SECOND, `${rate}`);
    assert.ok(longest <= LONGEST_TASK_MS, `${longest} ms in one task`);
  });
});

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1_000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
