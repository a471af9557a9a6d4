import { randomBytes } from 'node:crypto';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { storePid } from '@valise/acceptance/harness/processes';
import { cpuTimes } from '../../measure/cpu-time.ts';
import { Presigner, type StoreKeys } from '../../measure/presign.ts';
import { type Figure, mebibytes, seconds } from '../../measure/report.ts';
import { peakOf, runProcess } from '../../measure/run-process.ts';
import { summarise } from '../../measure/statistics.ts';
import type { Workbench } from '../workbench.ts';
import { compare, emptyFolder, timedGet } from './compare.ts';
import { farOrigin } from './far-origin.ts';
import { startStaticNginx } from './static-nginx.ts';

const MiB = 1_048_576;
const WARM_AIM = 0.8;
const COLD_AIM = 0.7;
const MEMORY_AIM = 64 * MiB;
/** As our own downloader asks, roughly: not where slices begin. */
const RANGE = 8 * MiB;
const FIRST_RANGE = 5 * MiB;
const AT_ONCE = 8;

export interface LargeFileOptions {
  readonly rounds: number;
  readonly size: number;
  readonly cache: string;
  readonly edgePid: number;
  /** What an edge is started with, to start another. */
  readonly env: Record<string, string>;
}

/** One large file: by the edge, from nginx's own disk, and from the store itself. */
export async function largeFile(
  bench: Workbench,
  { rounds, size, cache, edgePid, env }: LargeFileOptions,
): Promise<readonly Figure[]> {
  const path = join(bench.folder, 'large.bin');
  await writeRandom(path, size);
  await bench.valise(['put', path]);
  await using beside = await startStaticNginx(bench.folder);
  const linkOf = await linker(bench, 'large.bin');
  const forget = () => emptyFolder(join(cache, 'objects'));
  const work = await processorTime(bench, edgePid);
  const times: Record<'direct' | 'cold' | 'peer' | 'warm' | 'ranges' | 'coldRanges', number[]> = {
    ...{ direct: [], cold: [], peer: [], warm: [], ranges: [], coldRanges: [] },
  };
  for (let round = 0; round < rounds; round++) {
    times.direct.push(await work.of('direct', timedGet((await linkOf()).direct)));
    await forget();
    times.cold.push(await work.of('cold', timedGet((await linkOf()).edge)));
    times.peer.push(await timedGet(`${beside.url}/large.bin`));
    times.warm.push(await timedGet((await linkOf()).edge));
    times.ranges.push(await timedRanges((await linkOf()).direct, size));
    await forget();
    times.coldRanges.push(await timedRanges((await linkOf()).edge, size));
  }
  const cold = compare(
    'cold: rate beside direct from the store',
    times.direct,
    times.cold,
    COLD_AIM,
  );
  const ranges = `cold, ${AT_ONCE} ranges at once: rate beside the same direct from the store`;
  return [
    compare('warm: rate beside nginx static', times.peer, times.warm, WARM_AIM),
    { ...cold, detail: `${cold.detail}; ${work.summary()}` },
    compare(ranges, times.ranges, times.coldRanges, COLD_AIM),
    await farOrigin(bench, { rounds, link: (await linkOf()).edge, env }),
    await mostMemory(edgePid),
    await withoutOrigin(bench, (await linkOf()).edge),
  ];
}

/** What nginx and the store spend on a read, because the wall clock has but two processors here. */
async function processorTime(bench: Workbench, edgePid: number) {
  const store = await storePid(bench.server.data);
  if (store === null) throw new Error('The store has no process.');
  const spent = new Map<string, number[]>();
  const now = async () => ({
    nginx: (await cpuTimes(edgePid)).get('nginx') ?? 0,
    store: (await cpuTimes(store)).get('server') ?? 0,
  });
  const median = (name: string) => seconds(summarise(spent.get(name) ?? []).median);
  return {
    async of(what: 'direct' | 'cold', reading: Promise<number>): Promise<number> {
      const before = await now();
      const milliseconds = await reading;
      const after = await now();
      for (const part of ['nginx', 'store'] as const) {
        const name = `${what} ${part}`;
        spent.set(name, [...(spent.get(name) ?? []), after[part] - before[part]]);
      }
      return milliseconds;
    },
    summary: () =>
      `processor time: nginx ${median('cold nginx')}, store ${median('cold store')}; direct: store ${median('direct store')}`,
  };
}

async function timedRanges(url: string, size: number): Promise<number> {
  const args: string[] = [];
  for (let from = 0; from < size; ) {
    const end = Math.min(size, from === 0 ? FIRST_RANGE : from + RANGE);
    if (from > 0) args.push('--next');
    args.push('-sSf', '-o', '/dev/null', '-r', `${from}-${end - 1}`, url);
    from = end;
  }
  const all = ['--parallel', '--parallel-max', String(AT_ONCE), '--no-progress-meter', ...args];
  return (await runProcess('curl', all)).milliseconds;
}

async function mostMemory(edgePid: number): Promise<Figure> {
  const peaks = await Promise.all((await nginxPids(edgePid)).map(peakOf));
  const most = Math.max(...peaks);
  return {
    what: 'most memory of an nginx process, cold reads included',
    measured: mebibytes(most),
    aim: `≤ ${mebibytes(MEMORY_AIM)}`,
    met: most > 0 && most <= MEMORY_AIM,
    detail: 'it holds the buffers of all slices of an answer until that has ended',
  };
}

async function nginxPids(edgePid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const text = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    parents.set(Number(entry), Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const below = (pid: number) => [...parents].flatMap(([id, of]) => (of === pid ? [id] : []));
  const masters = below(edgePid);
  return [...masters, ...masters.flatMap(below)];
}

/** Nothing can be asked of an origin that stands still: curl would fail, and this with it. */
async function withoutOrigin(bench: Workbench, link: string): Promise<Figure> {
  await timedGet(link);
  const pid = await storePid(bench.server.data);
  if (pid === null) throw new Error('The store has no process.');
  process.kill(pid, 'SIGSTOP');
  try {
    const milliseconds = await timedGet(link);
    return {
      what: 'a second reader, while the origin’s process stands still',
      measured: 'served whole',
      aim: 'served whole',
      met: true,
      detail: seconds(milliseconds),
    };
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

async function linker({ api, server }: Workbench, name: string) {
  const { items } = (await api.get('/folders/root/children')).body;
  const { id } = items.find((item: { name: string }) => item.name === name);
  const text = await readFile(join(server.data, 'objects', 'credentials.json'), 'utf8');
  const presigner = new Presigner(JSON.parse(text) as StoreKeys);
  return async () => {
    const edge: string = (await api.get(`/files/${id}`)).body.downloadUrl;
    return { edge, direct: String(presigner.url('GET', new URL(edge).pathname.slice(1))) };
  };
}

async function writeRandom(path: string, size: number): Promise<void> {
  await using file = await open(path, 'w');
  for (let written = 0; written < size; written += 8 * MiB) await file.write(randomBytes(8 * MiB));
}
