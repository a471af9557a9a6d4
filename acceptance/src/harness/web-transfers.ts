import type { Locator, Page } from 'playwright-core';
import type { FaultProxy } from './fault-proxy.ts';

/** Whether the proofs run at their full sizes, which takes minutes and gigabytes. */
export const isFull = process.env.VALISE_WEB_FULL === '1';

/** Nothing in these flows takes so long, however busy the machine is. */
export const PATIENCE_MS = isFull ? 600_000 : 60_000;

/** Longer, and a page feels stuck. Elsewhere than on a quiet machine it is only reported. */
export const LONGEST_TASK_MS = 200;

export const transfersOf = (page: Page): Locator => page.getByRole('region', { name: 'Transfers' });

/** Waits until the panel of transfers says so; else tells what it says instead. */
export async function untilTold(page: Page, text: string | RegExp): Promise<void> {
  const panel = transfersOf(page);
  try {
    await panel.getByText(text).first().waitFor({ timeout: PATIENCE_MS });
  } catch (error) {
    const told = (await panel.allInnerTexts()).join().replaceAll('\n', ' | ');
    throw new Error(`No “${text}” among the transfers, but “${told}”`, { cause: error });
  }
}

export async function chooseFiles(page: Page, paths: string | readonly string[]): Promise<void> {
  await page.getByLabel('Files to upload').setInputFiles(paths as string | string[]);
}

/** Drops files and folders from the desktop onto the middle of the view. */
export async function dropFromDesktop(page: Page, paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { width = 0, height = 0 } = page.viewportSize() ?? {};
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', {
      type,
      x: width / 2,
      y: height / 2,
      data: { items: [], files: [...paths], dragOperationsMask: 1 },
    });
  }
  await session.detach();
}

/** The tab's process ends at once, as by a crash. */
export async function killTab(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  // It never answers.
  session.send('Page.crash').catch(() => undefined);
  await crashed;
  await page.close();
}

/** Notes for how long the page's own thread was busy in one piece, from now on. */
export async function watchLongTasks(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(`{
    const found = (globalThis.longTasks = []);
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) found.push(Math.round(duration));
    }).observe({ type: 'longtask' });
  }`);
  return () => page.evaluate('globalThis.longTasks');
}

/** Waits for what no event tells. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`It never came true: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** From here on so many more parts reach the store; the next ones get stuck on their way. */
export function stopAfter(store: FaultProxy, parts: number): void {
  store.set({ kind: 'hang', only: /^PUT/, skip: parts });
}

export async function untilStuck(store: FaultProxy): Promise<void> {
  await until('a part is stuck', () => store.met > 0);
}
