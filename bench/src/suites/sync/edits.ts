import { randomBytes } from 'node:crypto';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writeFreshFile } from '../../measure/content-file.ts';
import { type Figure, seconds, times } from '../../measure/report.ts';
import { quantile } from '../../measure/statistics.ts';
import type { FolderPair } from '../../sync/folder-pair.ts';
import type { ValisePair } from '../../sync/valise-pair.ts';
import { hasContent, sizeOf, waitUntil } from '../../sync/wait-until.ts';

const SMALL = 10 * 1024;
const FEW_MS = 1_000;
const MANY = 100;
const LARGE = 400 * 1_000_000;

/** How long each edit took until it was whole at the right, in milliseconds. */
export interface EditTimes {
  readonly name: string;
  readonly small: readonly number[];
  readonly hundred: number;
  readonly large: number;
}

/** Edits at the left of a pair that is at rest, one after the other. */
export async function timeEdits(pair: FolderPair, edits: number): Promise<EditTimes> {
  const small: number[] = [];
  // The first one finds connections closed and code that hasn't run yet.
  await timeOne(pair, randomBytes(SMALL));
  for (let count = 0; count < edits; count++) {
    // Of another size each time: Unison takes equal size within one second for no change.
    small.push(await timeOne(pair, randomBytes(SMALL + count + 1)));
    // People pause, too; and neither agent is to be caught in the middle of its afterthoughts.
    await wait(100 + Math.random() * 200);
  }
  return {
    name: pair.name,
    small,
    hundred: await timeHundred(pair),
    large: await timeLarge(pair),
  };
}

async function timeOne(pair: FolderPair, content: Uint8Array): Promise<number> {
  const begun = performance.now();
  await writeFile(join(pair.left, 'edited'), content);
  await pair.carry();
  await waitUntil('an edit', () => hasContent(join(pair.right, 'edited'), content));
  return performance.now() - begun;
}

async function timeHundred(pair: FolderPair): Promise<number> {
  const contents = Array.from({ length: MANY }, () => randomBytes(SMALL));
  const begun = performance.now();
  for (const [at, content] of contents.entries()) {
    await writeFile(join(pair.left, `one of many ${at}`), content);
  }
  await pair.carry();
  for (const [at, content] of contents.entries()) {
    await waitUntil('many files', () => hasContent(join(pair.right, `one of many ${at}`), content));
  }
  return performance.now() - begun;
}

/** From the moment that the file is whole at the left. */
async function timeLarge(pair: FolderPair): Promise<number> {
  const draft = `${pair.left}.draft`;
  await writeFreshFile(draft, LARGE);
  const begun = performance.now();
  await rename(draft, join(pair.left, 'large'));
  await pair.carry();
  await waitUntil('a large file', async () => (await sizeOf(join(pair.right, 'large'))) === LARGE);
  const taken = performance.now() - begun;
  await wait(FEW_MS);
  return taken;
}

/** What the same large file takes by `put` and `get`. */
export async function timePutAndGet(pair: ValisePair): Promise<number> {
  const path = `${pair.left}.put`;
  const back = `${pair.left}.got`;
  await writeFreshFile(path, LARGE);
  const put = await pair.valise('left', ['put', path]);
  const get = await pair.valise('left', ['get', basename(path), back]);
  if ((await stat(back)).size !== LARGE) throw new Error('get brought something else');
  await pair.valise('left', ['rm', basename(path)]);
  await rm(path);
  await rm(back);
  return put.milliseconds + get.milliseconds;
}

export function editFigures(
  own: EditTimes,
  peers: readonly EditTimes[],
  putAndGet: number,
): Figure[] {
  const median = quantile(own.small, 0.5);
  const p99 = quantile(own.small, 0.99);
  const beside = (of: (times: EditTimes) => string) =>
    peers.map((peer) => `${peer.name} ${of(peer)}`).join('; ');
  const ms = (value: number) => `${Math.round(value)} ms`;
  return [
    {
      what: 'edit of 10 KB → whole on the other device: p50, p99',
      measured: `${ms(median)}, ${ms(p99)}`,
      aim: '< 150, < 500 ms',
      met: median < 150 && p99 < 500,
      detail: `${own.small.length} edits; medians: ${beside(({ small }) => ms(quantile(small, 0.5)))}`,
    },
    {
      what: '100 × 10 KB',
      measured: seconds(own.hundred),
      aim: '< 1.50 s',
      met: own.hundred < 1_500,
      detail: beside(({ hundred }) => seconds(hundred)),
    },
    {
      what: '400 MB: time beside put and get',
      measured: times(own.large / putAndGet),
      aim: '≤ 1.30 ×',
      met: own.large <= putAndGet * 1.3,
      detail: `${seconds(own.large)}; put and get ${seconds(putAndGet)}; ${beside(({ large }) => seconds(large))}`,
    },
  ];
}
