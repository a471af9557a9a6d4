import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFreshFile } from '../measure/content-file.ts';
import { type Figure, mebibytes, type Report, seconds, times } from '../measure/report.ts';
import { bytesThrough, peakOf, runProcess } from '../measure/run-process.ts';
import { summarise } from '../measure/statistics.ts';
import { RCLONE_TUNINGS, Rclone } from '../peers/rclone.ts';
import { Workbench } from './workbench.ts';

const MiB = 1_048_576;
const MEMORY_AIM = 250 * MiB;
const API_BYTES_AIM = 2_000_000;

interface Rounds {
  readonly put: Record<string, number[]>;
  readonly get: Record<string, number[]>;
  /** As `get`, until the bytes are on the disk. */
  readonly flushedGet: Record<string, number[]>;
  clientMemory: number;
  /** The most that one transfer moved through the API process. */
  readonly apiBytes: { put: number; get: number };
}

/** `valise put` and `get` of one large file beside rclone on the same store, interleaved. */
export async function largeFile(rounds: number, size: number): Promise<Report> {
  await using bench = await Workbench.open();
  const rclone = await Rclone.on(bench.server.data);
  const names = ['valise', ...Object.keys(RCLONE_TUNINGS)];
  const empty = () => Object.fromEntries(names.map((name) => [name, [] as number[]]));
  const taken: Rounds = {
    put: empty(),
    get: empty(),
    flushedGet: empty(),
    clientMemory: 0,
    apiBytes: { put: 0, get: 0 },
  };
  for (let round = 0; round < rounds; round++) {
    // Rotate who goes first, so that no one always meets the warm disk.
    for (let n = 0; n < names.length; n++) {
      const name = names[(n + round) % names.length] as string;
      if (name === 'valise') await valiseRound(bench, size, taken);
      else await rcloneRound(bench, rclone, { name, size, taken });
    }
  }
  const peak = await peakOf(bench.serverPid);
  return {
    title: `One file of ${size / MiB} MiB`,
    how: `Whole processes, ${rounds} interleaved rounds, fresh content every time, the same embedded store; medians (lowest–highest). \`valise\` chunks, fingerprints and pins every part; on the way down it verifies every chunk and flushes the file to disk before it takes its name. rclone does neither; the second row of get adds \`sync FILE\` after it, so that both end with the bytes on the disk. Bytes through the API process are all that it reads and writes by system calls: its clients, the database and the store’s control calls.`,
    figures: [
      against('put', taken.put),
      against('get', taken.get),
      against('get, until the bytes are on the disk', taken.flushedGet),
      limit('client memory', taken.clientMemory, MEMORY_AIM),
      limit('bytes through the API process, one put', taken.apiBytes.put, API_BYTES_AIM),
      limit('bytes through the API process, one get', taken.apiBytes.get, API_BYTES_AIM),
      limit('API process memory', peak, MEMORY_AIM),
    ],
  };
}

async function valiseRound(bench: Workbench, size: number, taken: Rounds): Promise<void> {
  const path = join(bench.folder, 'valise.bin');
  await writeFreshFile(path, size);
  const before = await bytesThrough(bench.serverPid);
  const put = await bench.valise(['put', 'valise.bin']);
  const between = await bytesThrough(bench.serverPid);
  await rm(path);
  const get = await bench.valise(['get', 'valise.bin', 'valise.back']);
  const after = await bytesThrough(bench.serverPid);
  const { apiBytes } = taken;
  apiBytes.put = Math.max(apiBytes.put, between - before);
  apiBytes.get = Math.max(apiBytes.get, after - between);
  taken.clientMemory = Math.max(taken.clientMemory, put.peakMemory, get.peakMemory);
  taken.put.valise?.push(put.milliseconds);
  taken.get.valise?.push(get.milliseconds);
  taken.flushedGet.valise?.push(get.milliseconds);
  await rm(join(bench.folder, 'valise.back'));
}

async function rcloneRound(
  bench: Workbench,
  rclone: Rclone,
  { name, size, taken }: { name: string; size: number; taken: Rounds },
): Promise<void> {
  const path = join(bench.folder, 'rclone.bin');
  const back = join(bench.folder, 'rclone.back');
  const flags = RCLONE_TUNINGS[name] ?? [];
  await writeFreshFile(path, size);
  const put = await rclone.run(['copyto', ...flags, path, rclone.remote('bench/rclone.bin')]);
  await rm(path);
  const get = await rclone.run(['copyto', ...flags, rclone.remote('bench/rclone.bin'), back]);
  const flush = await runProcess('sync', [back]);
  await rclone.run(['deletefile', rclone.remote('bench/rclone.bin')]);
  await rm(back);
  taken.put[name]?.push(put.milliseconds);
  taken.get[name]?.push(get.milliseconds);
  taken.flushedGet[name]?.push(get.milliseconds + flush.milliseconds);
}

function against(what: string, runs: Record<string, number[]>): Figure {
  const medians = Object.entries(runs).map(([name, values]) => ({ name, ...summarise(values) }));
  const own = medians.find(({ name }) => name === 'valise')?.median ?? Number.NaN;
  const best = Math.min(...medians.filter((m) => m.name !== 'valise').map((m) => m.median));
  const detail = medians
    .map((m) => `${m.name} ${seconds(m.median)} (${seconds(m.low)}–${seconds(m.high)})`)
    .join('; ');
  const ratio = own / best;
  return {
    what: `${what}: time beside rclone's best`,
    measured: times(ratio),
    aim: '≤ 1.00 ×',
    met: ratio <= 1,
    detail,
  };
}

function limit(what: string, value: number, aim: number): Figure {
  return { what, measured: mebibytes(value), aim: `≤ ${mebibytes(aim)}`, met: value <= aim };
}
