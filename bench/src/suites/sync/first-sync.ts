import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Figure, seconds, times } from '../../measure/report.ts';
import type { FolderPair } from '../../sync/folder-pair.ts';
import { makeFiles } from '../../sync/trees.ts';
import type { ValisePair } from '../../sync/valise-pair.ts';
import { waitUntil } from '../../sync/wait-until.ts';

const SMALL = 10 * 1024;
/** Counting costs the disk something. */
const COUNT_EVERY_MS = 100;

export interface FirstSync {
  readonly files: number;
  /** Milliseconds: up alone, down alone. */
  readonly up: number;
  readonly down: number;
  /** Peak resident bytes of either process. */
  readonly memory: number;
}

/** A full folder goes up, and then to a second device. */
export async function timeFirstSync(pair: ValisePair, files: number): Promise<FirstSync> {
  await makeFiles(pair.left, files, SMALL);
  const up = await pair.once('left');
  const down = await pair.once('right');
  const count = await countFiles(pair.right);
  if (count < files) throw new Error(`${count} files arrived of ${files}`);
  const memory = Math.max(up.peakMemory, down.peakMemory);
  return { files, up: up.milliseconds, down: down.milliseconds, memory };
}

/** Milliseconds until a full folder is in the other one as well, by that program. */
export async function timeWhole(pair: FolderPair, files: number): Promise<number> {
  await makeFiles(pair.left, files, SMALL);
  await mkdir(pair.right, { recursive: true });
  const begun = performance.now();
  await pair.start();
  const isWhole = async () => (await countFiles(pair.right)) >= files;
  await waitUntil('all files', isWhole, COUNT_EVERY_MS);
  return performance.now() - begun;
}

async function countFiles(folder: string): Promise<number> {
  let count = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) count += await countFiles(join(folder, entry.name));
    else count++;
  }
  return count;
}

export function firstSyncFigures(
  { files, up, down, memory }: FirstSync,
  whole: { readonly own: number; readonly syncthing: number; readonly bisync: number },
): Figure[] {
  const rate = (milliseconds: number) => Math.round((files * 1_000) / milliseconds);
  const ratio = (what: string, other: number, aim: number): Figure => ({
    what: `until all of it is on both devices, beside ${what}`,
    measured: times(other / whole.own),
    aim: `≥ ${times(aim)}`,
    met: other / whole.own >= aim,
    detail: `both devices at once ${seconds(whole.own)}; ${what} ${seconds(other)}`,
  });
  return [
    {
      what: `first sync of ${files} × 10 KB: files a second up, down`,
      measured: `${rate(up)}, ${rate(down)}`,
      aim: '≥ 300 each',
      met: rate(up) >= 300 && rate(down) >= 300,
      detail: `${seconds(up)}, ${seconds(down)}; at most ${Math.round(memory / 1_048_576)} MiB`,
    },
    ratio('Syncthing', whole.syncthing, 2),
    ratio('rclone bisync', whole.bisync, 3),
  ];
}
