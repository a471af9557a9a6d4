import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuTimes } from '../measure/cpu-time.ts';
import { RawConnection, requestHead } from '../measure/raw-connection.ts';
import type { Figure } from '../measure/report.ts';
import { summarise } from '../measure/statistics.ts';
import { EmbeddedStore } from '../peers/embedded-store.ts';

const SIZE = 4096;
const CONNECTIONS = 32;

/** Small objects over presigned URLs and kept-alive connections: PUTs, each durable, and GETs. */
export async function smallObjects(rounds: number, count: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'valise-bench-'));
  const taken = { put: [] as number[], get: [] as number[] };
  const processor = { put: 0, get: 0 };
  try {
    await using store = await EmbeddedStore.start(join(folder, 'data'));
    const blocks = Array.from({ length: 64 }, () => randomBytes(SIZE));
    for (let round = 0; round < rounds; round += 1) {
      const key = (n: number): string => `small/${round}/${n.toString(36).padStart(6, '0')}`;
      const puts = Array.from({ length: count }, (_, n) => [
        requestHead('PUT', store.signer.url('PUT', key(n), { headers: { 'if-none-match': '*' } }), {
          'content-length': SIZE,
          'if-none-match': '*',
        }),
        blocks[n % blocks.length] ?? Buffer.alloc(0),
      ]);
      const gets = Array.from({ length: count }, (_, n) => [
        requestHead('GET', store.signer.url('GET', key(n))),
      ]);
      const before = await ownTime(store);
      taken.put.push(await sendAll(store.origin, puts));
      const between = await ownTime(store);
      taken.get.push(await sendAll(store.origin, gets));
      processor.put += between - before;
      processor.get += (await ownTime(store)) - between;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const per = (milliseconds: number) => Math.round((milliseconds * 1000) / (rounds * count));
  return [
    rate('PUTs of 4 KiB per second', taken.put, { count, aim: 1500, micros: per(processor.put) }),
    rate('GETs of 4 KiB per second', taken.get, { count, aim: 4000, micros: per(processor.get) }),
  ];
}

const ownTime = async (store: EmbeddedStore): Promise<number> =>
  (await cpuTimes(store.pid)).get('server') ?? 0;

async function sendAll(origin: URL, requests: readonly (readonly Buffer[])[]): Promise<number> {
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => RawConnection.open(origin)),
  );
  const began = performance.now();
  let next = 0;
  await Promise.all(
    connections.map(async (connection) => {
      for (let at = next++; at < requests.length; at = next++) {
        const status = await connection.send(...(requests[at] ?? []));
        if (status !== 200) throw new Error(`The answer was ${status}.`);
      }
    }),
  );
  const milliseconds = performance.now() - began;
  for (const connection of connections) connection.close();
  return milliseconds;
}

function rate(
  what: string,
  milliseconds: readonly number[],
  { count, aim, micros }: { count: number; aim: number; micros: number },
): Figure {
  const { median, low, high } = summarise(milliseconds);
  const perSecond = (time: number) => Math.round((count * 1000) / time);
  return {
    what: `${what}, ${CONNECTIONS} at once`,
    measured: `${perSecond(median)}/s`,
    aim: `≥ ${aim}/s`,
    met: perSecond(median) >= aim,
    detail: `${perSecond(high)}–${perSecond(low)}; processor time of the store ${micros} µs each`,
  };
}
