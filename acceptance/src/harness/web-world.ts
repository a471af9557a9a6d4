import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Browser } from 'playwright-core';
import { type Account, Api } from './api.ts';
import { startBehindProxy } from './behind-proxy.ts';
import { openBrowser } from './browser.ts';
import type { FaultProxy } from './fault-proxy.ts';
import type { TestServer } from './server.ts';
import { signIn, type Visit, type VisitOptions, visit } from './web.ts';

/** A name that isn't this machine's own: a page from there is in no secure context. */
export const ELSEWHERE = 'valise.test';

/** A new person's page. */
export interface OpenedPage extends Visit {
  readonly ann: Account;
  readonly api: Api;
}

/** What the suites of the web app stand on. People, and what is theirs, are each test's own. */
export interface WebWorld {
  readonly server: TestServer;
  /** The network before the server's store. */
  readonly store: FaultProxy;
  readonly browser: Browser;
  /** Nobody is signed in. */
  readonly guest: Api;
  /** On a disk, and empty. */
  newFolder(): Promise<string>;
  openPage(options?: VisitOptions): Promise<OpenedPage>;
}

let started: Promise<WebWorld & AsyncDisposable> | undefined;

/** The same for all suites of one process; it ends with the last. */
export function webWorld(): Promise<WebWorld> {
  started ??= start();
  return started;
}

after(async () => {
  await (await started)?.[Symbol.asyncDispose]();
});

async function start(): Promise<WebWorld & AsyncDisposable> {
  // Thousands of files belong to one person here.
  const behind = await startBehindProxy({ VALISE_RATE_LIMIT: '1000000' });
  const { server, store } = behind;
  const resolver = `--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1`;
  const browser = await openBrowser(resolver, '--js-flags=--expose-gc');
  const root = await mkdtemp(join(tmpdir(), 'valise-web-'));
  const guest = new Api(server.url);
  return {
    server,
    store,
    browser,
    guest,
    newFolder: () => mkdtemp(join(root, 'folder-')),
    async openPage(options) {
      const ann = await guest.register();
      const at = await visit(browser, server.url, options);
      await signIn(at.page, ann);
      return { ...at, ann, api: guest.as(ann) };
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await behind[Symbol.asyncDispose]();
      await rm(root, { recursive: true });
    },
  };
}
