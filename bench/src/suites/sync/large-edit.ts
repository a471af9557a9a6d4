import { copyFile, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFreshFile } from '../../measure/content-file.ts';
import { type Figure, mebibytes, seconds, times } from '../../measure/report.ts';
import type { ValisePair } from '../../sync/valise-pair.ts';
import { sizeOf, waitUntil } from '../../sync/wait-until.ts';

const AIM = 1.5;

/** One byte inserted into the middle of a large file, while both devices run. */
export async function measureLargeEdit(pair: ValisePair, size: number): Promise<Figure> {
  const here = join(pair.left, 'image');
  const there = join(pair.right, 'image');
  const draft = `${pair.left}.edited`;
  await writeFreshFile(here, size);
  await waitUntil('the large file', async () => (await sizeOf(there)) === size);
  for (const side of ['left', 'right'] as const) await pair.agent(side).untilInStep(1);
  const before = (await pair.agent('right').status())?.received ?? 0;
  await insertByte(here, draft);
  const limit = await leastTime(pair, draft);
  const begun = performance.now();
  await rename(draft, here);
  await waitUntil('the edit', async () => (await sizeOf(there)) === size + 1);
  const taken = performance.now() - begun;
  await pair.agent('right').untilInStep(1);
  const moved = ((await pair.agent('right').status())?.received ?? 0) - before;
  return {
    what: `one byte inserted into ${size / 1_048_576} MiB: time beside hash + hash + local write`,
    measured: times(taken / limit),
    aim: `≤ ${times(AIM)}`,
    met: taken <= limit * AIM,
    detail: `${seconds(taken)}; ${seconds(limit)}; ${mebibytes(moved)} down`,
  };
}

/** Both ends hash the file, and one writes it: whole commands for the hashing. */
async function leastTime(pair: ValisePair, path: string): Promise<number> {
  const hash = await pair.valise('left', ['hash', path]);
  const copy = `${path}.copy`;
  const begun = performance.now();
  await copyFile(path, copy);
  const file = await open(copy, 'r+');
  await file.sync();
  await file.close();
  const written = performance.now() - begun;
  await rm(copy);
  return hash.milliseconds * 2 + written;
}

async function insertByte(from: string, to: string): Promise<void> {
  const content = await readFile(from);
  const middle = Math.floor(content.length / 2);
  const file = await open(to, 'w');
  await file.write(content.subarray(0, middle));
  await file.write(Buffer.from([7]));
  await file.write(content.subarray(middle));
  await file.sync();
  await file.close();
}
