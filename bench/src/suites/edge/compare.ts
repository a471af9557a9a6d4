import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Figure, seconds, times } from '../../measure/report.ts';
import { runProcess } from '../../measure/run-process.ts';
import { summarise } from '../../measure/statistics.ts';

/** By curl, which keeps nothing of it. */
export async function timedGet(url: string, options: readonly string[] = []): Promise<number> {
  const args = ['-sSf', '-o', '/dev/null', ...options, url];
  return (await runProcess('curl', args)).milliseconds;
}

export function compare(
  what: string,
  other: readonly number[],
  own: readonly number[],
  aim: number,
): Figure {
  const [them, us] = [other, own].map((values) => summarise(values).median);
  const ratio = (them ?? 0) / (us ?? 1);
  return {
    what,
    measured: times(ratio),
    aim: `≥ ${times(aim)}`,
    met: ratio >= aim,
    detail: `edge ${seconds(us ?? 0)} / ${seconds(them ?? 0)}`,
  };
}

/** The folder itself is nginx's own. */
export async function emptyFolder(path: string): Promise<void> {
  for (const entry of await readdir(path)) {
    await rm(join(path, entry), { recursive: true, force: true });
  }
}
