import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RawConnection, requestHead } from '../measure/raw-connection.ts';
import { type Figure, seconds, times } from '../measure/report.ts';
import { summarise } from '../measure/statistics.ts';
import { EmbeddedStore } from '../peers/embedded-store.ts';
import { NginxFiles } from '../peers/nginx-files.ts';

const MiB = 1_048_576;

interface Times {
  readonly put: number[];
  readonly get: number[];
}

/** One PUT and one GET of a large object beside nginx on the same disk, by the same client. */
export async function largeObjects(rounds: number, size: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'valise-bench-'));
  const own: Times = { put: [], get: [] };
  const peer: Times = { put: [], get: [] };
  const flushed: number[] = [];
  try {
    await using store = await EmbeddedStore.start(join(folder, 'data'));
    await using nginx = await NginxFiles.start(join(folder, 'nginx'));
    const ours = {
      put: store.signer.url('PUT', 'large'),
      get: store.signer.url('GET', 'large'),
      remove: store.signer.url('DELETE', 'large'),
    };
    const file = new URL('/large', nginx.origin);
    const theirs = { put: file, get: file, remove: file };
    for (let round = 0; round < rounds; round += 1) {
      const steps = [
        () => oneRound(ours, { size, taken: own }),
        () =>
          oneRound(theirs, {
            size,
            taken: peer,
            async afterPut(milliseconds) {
              flushed.push(milliseconds + (await timedFlush(join(nginx.folder, 'large'))));
            },
          }),
      ];
      for (let n = 0; n < steps.length; n += 1) await steps[(n + round) % steps.length]?.();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return [
    beside('PUT beside nginx', own.put, peer.put, { aim: 0.8, name: 'nginx, nothing flushed' }),
    beside('PUT beside nginx, its file flushed too', own.put, flushed, { aim: 0.8, name: 'nginx' }),
    beside('GET beside nginx', own.get, peer.get, { aim: 0.8, name: 'nginx' }),
  ];
}

interface Round {
  readonly size: number;
  readonly taken: Times;
  afterPut?(milliseconds: number): Promise<void>;
}

async function oneRound(
  urls: { put: URL; get: URL; remove: URL },
  { size, taken, afterPut }: Round,
): Promise<void> {
  const connection = await RawConnection.open(urls.put);
  const block = randomBytes(MiB);
  const putHead = requestHead('PUT', urls.put, { 'content-length': size });
  const put = await timed(() => connection.stream(putHead, block, size));
  await afterPut?.(put);
  const get = await timed(() => connection.send(requestHead('GET', urls.get)));
  await connection.send(requestHead('DELETE', urls.remove));
  connection.close();
  taken.put.push(put);
  taken.get.push(get);
}

async function timed(work: () => Promise<number>): Promise<number> {
  const began = performance.now();
  const status = await work();
  if (status >= 300) throw new Error(`The answer was ${status}.`);
  return performance.now() - began;
}

async function timedFlush(path: string): Promise<number> {
  const began = performance.now();
  const file = await open(path, 'r');
  await file.sync();
  await file.close();
  return performance.now() - began;
}

/** Rates, so that more is better: `own` and `peer` in milliseconds. */
export function beside(
  what: string,
  own: readonly number[],
  peer: readonly number[],
  { aim, name }: { aim: number; name: string },
): Figure {
  const [ours, theirs] = [summarise(own), summarise(peer)];
  const ratio = theirs.median / ours.median;
  const say = ({ median, low, high }: { median: number; low: number; high: number }) =>
    `${seconds(median)} (${seconds(low)}–${seconds(high)})`;
  return {
    what: `${what}: rate`,
    measured: times(ratio),
    aim: `≥ ${aim.toFixed(2)} ×`,
    met: ratio >= aim,
    detail: `${say(ours)}; ${name} ${say(theirs)}`,
  };
}
