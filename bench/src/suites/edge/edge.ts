import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEdge } from '@valise/acceptance/harness/edge';
import { storePid } from '@valise/acceptance/harness/processes';
import { freePorts } from '@valise/acceptance/harness/server';
import { Presigner, type StoreKeys } from '../../measure/presign.ts';
import { type Figure, type Report, seconds, times } from '../../measure/report.ts';
import { runProcess } from '../../measure/run-process.ts';
import { summarise } from '../../measure/statistics.ts';
import { Workbench } from '../workbench.ts';
import { smallDownloads } from './small-downloads.ts';
import { startStaticNginx } from './static-nginx.ts';
import { textTree } from './text-tree.ts';

const MiB = 1_048_576;
const WARM_AIM = 0.8;
const COLD_AIM = 0.7;

/** The nginx edge beside nginx with the same file on its disk, and beside the store itself. */
export async function edge(rounds: number, size: number): Promise<Report> {
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const cdn = { CDN_URL: url, CDN_KEY: randomBytes(24).toString('hex') };
  await using bench = await Workbench.open({ CDN: 'edge', ...cdn });
  const { data } = bench.server;
  const cache = `${data}-edge-cache`;
  try {
    await using running = await startEdge(data, { url, env: cdn });
    const small = await smallDownloads(bench, running.pid);
    const tree = await textTree(bench, 10_000);
    const large = await largeFile(bench, { rounds, size, cache });
    return {
      title: 'The edge',
      how: `${size / MiB} MiB read by curl, ${rounds} interleaved rounds, medians; store, edge, readers and the nginx that serves the same file from its disk share the machine. Cold: the edge's cache was emptied, the file lies in the page cache. Small downloads: kept connections, per second of processor time that nginx spent.`,
      figures: [...large, ...small, tree],
    };
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

async function largeFile(
  bench: Workbench,
  { rounds, size, cache }: { rounds: number; size: number; cache: string },
): Promise<readonly Figure[]> {
  const path = join(bench.folder, 'large.bin');
  await writeRandom(path, size);
  await bench.valise(['put', path]);
  await using beside = await startStaticNginx(bench.folder);
  const linkOf = await linker(bench, 'large.bin');
  const cold: number[] = [];
  const warm: number[] = [];
  const direct: number[] = [];
  const peer: number[] = [];
  for (let round = 0; round < rounds; round++) {
    direct.push(await timedGet((await linkOf()).direct));
    await emptyFolder(join(cache, 'objects'));
    cold.push(await timedGet((await linkOf()).edge));
    peer.push(await timedGet(`${beside.url}/large.bin`));
    warm.push(await timedGet((await linkOf()).edge));
  }
  return [
    compare('warm: rate beside nginx static', peer, warm, WARM_AIM),
    compare('cold: rate beside direct from the store', direct, cold, COLD_AIM),
    await withoutOrigin(bench, (await linkOf()).edge),
  ];
}

/** Nothing can be asked of an origin that stands still: curl would fail, and this with it. */
async function withoutOrigin(bench: Workbench, link: string): Promise<Figure> {
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

async function timedGet(url: string): Promise<number> {
  return (await runProcess('curl', ['-sSf', '-o', '/dev/null', url])).milliseconds;
}

function compare(
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
async function emptyFolder(path: string): Promise<void> {
  for (const entry of await readdir(path)) {
    await rm(join(path, entry), { recursive: true, force: true });
  }
}

async function writeRandom(path: string, size: number): Promise<void> {
  await using file = await open(path, 'w');
  for (let written = 0; written < size; written += 8 * MiB) await file.write(randomBytes(8 * MiB));
}
