import { readFile, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

const EVERY_MS = 2;
/** A first sync of a million files takes the better part of an hour. */
const PATIENCE_MS = 7_200_000;

/** Asks again and again, seldom enough that asking costs nothing. Throws after two hours. */
export async function waitUntil(
  what: string,
  test: () => boolean | Promise<boolean>,
  everyMs = EVERY_MS,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await test())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain: ${what}`);
    await wait(everyMs);
  }
}

export async function hasContent(path: string, content: Uint8Array): Promise<boolean> {
  const there = await readFile(path).catch(() => null);
  return there !== null && Buffer.compare(there, content) === 0;
}

/** 0 for what isn't there. */
export async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}
