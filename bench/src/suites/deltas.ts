import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '@valise/acceptance/harness/server';
import { DeltaBench, type DeltaBytes } from '../deltas/delta-bench.ts';
import { SCENARIOS, writeEdited } from '../deltas/edits.ts';
import { realPairs } from '../deltas/real-pairs.ts';
import { writeFreshFile } from '../measure/content-file.ts';
import { type Figure, type Report, seconds, times } from '../measure/report.ts';

const MiB = 1_048_576;
const AIM = 1.25;
/** What an edit within the first 5 MiB may ship on top: no store takes a smaller first part. */
const FIRST_PART = 5 * MiB;

/** What edits ship, both ways, all bytes on the wire counted. */
export async function deltas(size: number): Promise<Report> {
  await using bench = await DeltaBench.open();
  const figures: Figure[] = [];
  const base = join(bench.folder, 'base.bin');
  const edited = join(bench.folder, 'edited.bin');
  await writeFreshFile(base, size);
  let rclone: { put: number; get: number } | null = null;
  for (const { what, edits: editsFor } of SCENARIOS) {
    const edits = editsFor((await stat(base)).size);
    await writeEdited(base, edited, edits);
    // It ships the whole file whatever the edit: once is enough.
    rclone ??= await bench.rclone(base, edited);
    const bytes = await bench.measure('large.bin', base, edited);
    const extra = edits.some(({ at }) => at < FIRST_PART) ? FIRST_PART : 0;
    figures.push(...figuresOf(what, bytes, { extra, rclone }));
    await rename(edited, base);
  }
  for (const [n, pair] of (await realPairs(join(bench.folder, 'pairs'), REPOSITORY)).entries()) {
    const bytes = await bench.measure(`pair-${n}.bin`, pair.before, pair.after);
    figures.push(...figuresOf(pair.what, bytes, { extra: 0, rclone: null }));
  }
  return {
    title: `Edits: a file of ${size / MiB} MiB, and real files`,
    how: 'Whole commands, `valise put` of the edited file and `valise get` over the older copy on another device; all bytes of either command on the wire, in both directions: content, chunk lists, calls, heads. Held against the bytes of the chunks that the older version has not got. Up, 1.25 × of what the best plan sends (which may be more than the changed chunks where edits are scattered), and 5 MiB more for an edit at the beginning. Beside it what fixed blocks of 4 MiB would ship (content alone), and what rclone ships.',
    figures,
  };
}

function figuresOf(
  what: string,
  bytes: DeltaBytes,
  { extra, rclone }: { readonly extra: number; readonly rclone: DeltaRclone | null },
): Figure[] {
  const { changed, planned, size, fixedBlocks, milliseconds } = bytes;
  const peers = [
    `changed chunks ${kibibytes(changed)} of ${kibibytes(size)}`,
    `fixed blocks ${kibibytes(fixedBlocks)}`,
  ];
  const row = (way: 'put' | 'get', allowed: number): Figure => {
    const told = rclone === null ? peers : [...peers, `rclone ${kibibytes(rclone[way])}`];
    return {
      what: `${what}: ${way === 'put' ? 'up' : 'down'}`,
      measured: `${kibibytes(bytes[way])} = ${times(bytes[way] / changed)}`,
      aim: `≤ ${kibibytes(allowed)}`,
      met: bytes[way] <= allowed,
      detail: `${told.join('; ')}; ${seconds(milliseconds[way])}`,
    };
  };
  const best = Math.max(changed, extra > 0 ? changed : planned);
  return [row('put', AIM * best + extra), row('get', AIM * changed)];
}

type DeltaRclone = { readonly put: number; readonly get: number };

function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toLocaleString('en', { maximumFractionDigits: 0 })} KiB`;
}
