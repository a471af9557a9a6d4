import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from '@valise/acceptance/harness/server';
import { writeFreshFile } from '../measure/content-file.ts';
import { type Figure, type Report, seconds, times } from '../measure/report.ts';
import { type Run, runProcess } from '../measure/run-process.ts';
import { summarise } from '../measure/statistics.ts';
import { chunkingTools } from '../peers/chunking-tools.ts';

const MiB = 1_048_576;
const PROGRAM = join(import.meta.dirname, '../programs/chunk-in-memory.ts');
const VALISE = join(REPOSITORY, 'node_modules/.bin/valise');
const IN_MEMORY = { mebibytes: 256, rounds: 7 };

type Times = Record<string, number[]>;

/** Cutting and fingerprinting, from memory and from a file that is in the page cache. */
export async function chunking(rounds: number, size: number): Promise<Report> {
  const memory = await inMemory();
  const file = await fromFile(rounds, size);
  const median = (name: string) => summarise(file[name] ?? []).median;
  const against = (peer: string, own: string, aim: number): Figure => {
    const ratio = median(peer) / median(own);
    const what = `a cached file of ${size / MiB} MiB, whole process, ${own}: speed beside ${peer}`;
    const detail = [peer, own].map((name) => `${name} ${describe(file[name] ?? [])}`).join('; ');
    return atLeast(what, { ratio, aim, detail });
  };
  const speed = (name: string) => summarise(memory.sha256 ?? []).median / medianOf(memory, name);
  const bare = `SHA-256 ${((IN_MEMORY.mebibytes * MiB) / medianOf(memory, 'sha256') / 1e6).toFixed(2)} GB/s`;
  return {
    title: 'Chunking and fingerprinting',
    how: `Random content. From memory: ${IN_MEMORY.mebibytes} MiB, one thread, medians of ${IN_MEMORY.rounds} interleaved rounds beside Node's own SHA-256 of the same bytes. From a file: whole processes, start included, ${rounds} interleaved rounds, medians (lowest–highest). borg, restic and casync have the file in their repositories and read it again: they cut and hash, and store nothing; they, as valise, run with what they take by default (two threads here).`,
    figures: [
      atLeast('chunking alone: speed beside SHA-256', {
        ratio: speed('chunks'),
        aim: 4,
        detail: bare,
      }),
      atLeast('chunks and fingerprint: speed beside SHA-256', {
        ratio: speed('both'),
        aim: 0.82,
        detail: bare,
      }),
      against('openssl', 'valise, 1 thread', 0.85),
      against('openssl', 'valise, 2 threads', 1.3),
      against('borg', 'valise, 2 threads', 2),
      against('restic', 'valise, 2 threads', 4),
      against('casync', 'valise, 2 threads', 6),
    ],
  };
}

async function inMemory(): Promise<Times> {
  const { mebibytes, rounds } = IN_MEMORY;
  const args = [PROGRAM, String(mebibytes), String(rounds)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const taken: Times = {};
  for (const line of stdout.trim().split('\n')) {
    const round: Record<string, number> = JSON.parse(line);
    for (const [name, value] of Object.entries(round)) {
      taken[name] = [...(taken[name] ?? []), value];
    }
  }
  return taken;
}

async function fromFile(rounds: number, size: number): Promise<Times> {
  const folder = await mkdtemp(join(tmpdir(), 'valise-chunking-'));
  try {
    const path = join(folder, 'content');
    await writeFreshFile(path, size);
    const tools = chunkingTools(folder, path);
    for (const tool of tools) await tool.prepare();
    const hash = (threads: number) =>
      runProcess(VALISE, ['hash', '--threads', String(threads), path]);
    const runs: (readonly [name: string, run: () => Promise<Run>])[] = [
      ['openssl', () => runProcess('openssl', ['dgst', '-sha256', path])],
      ['valise, 1 thread', () => hash(1)],
      ['valise, 2 threads', () => hash(2)],
      ...tools.map(({ name, run }) => [name, run] as const),
    ];
    const taken: Times = Object.fromEntries(runs.map(([name]) => [name, []]));
    await readOnce(path);
    for (let round = 0; round < rounds; round++) {
      for (const [name, run] of runs) taken[name]?.push((await run()).milliseconds);
    }
    return taken;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readOnce(path: string): Promise<void> {
  for await (const _ of createReadStream(path, { highWaterMark: 4 * MiB }));
}

function medianOf(taken: Times, name: string): number {
  return summarise(taken[name] ?? []).median;
}

function describe(values: readonly number[]): string {
  const { median, low, high } = summarise(values);
  return `${seconds(median)} (${seconds(low)}–${seconds(high)})`;
}

function atLeast(
  what: string,
  { ratio, aim, detail }: { readonly ratio: number; readonly aim: number; readonly detail: string },
): Figure {
  return { what, measured: times(ratio), aim: `≥ ${times(aim)}`, met: ratio >= aim, detail };
}
