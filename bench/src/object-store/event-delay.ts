import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RawConnection, requestHead } from '../measure/raw-connection.ts';
import type { Figure } from '../measure/report.ts';
import { quantile } from '../measure/statistics.ts';
import { EmbeddedStore } from '../peers/embedded-store.ts';

const SIZE = 4096;
const WRITERS = 4;
const AIM_MS = 50;

/** From the answer to a PUT until a webhook has the event that tells of it. */
export async function eventDelay(count: number): Promise<Figure> {
  const folder = await mkdtemp(join(tmpdir(), 'valise-bench-'));
  const told = new Map<string, number>();
  const stored = new Map<string, number>();
  let heard = (): void => undefined;
  const hook = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const at = performance.now();
    response.end();
    for (const { s3 } of JSON.parse(Buffer.concat(pieces).toString()).Records) {
      told.set(s3.object.key, at);
    }
    heard();
  });
  try {
    await using store = await EmbeddedStore.start(join(folder, 'data'), {
      VALISE_EVENTS_URL: await listening(hook),
    });
    await putAll(store, count, stored);
    while (told.size < count) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  } finally {
    hook.close();
    hook.closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  }
  const delays = [...stored].map(([key, at]) => Math.max(0, (told.get(key) ?? Infinity) - at));
  const p99 = quantile(delays, 0.99);
  return {
    what: `event webhook after a PUT, ${WRITERS} writers at full speed: p99`,
    measured: `${p99.toFixed(1)} ms`,
    aim: `< ${AIM_MS} ms`,
    met: p99 < AIM_MS,
    detail: `p50 ${quantile(delays, 0.5).toFixed(1)} ms of ${count}`,
  };
}

async function listening(hook: Server): Promise<string> {
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
  return `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
}

async function putAll(
  { signer, origin }: EmbeddedStore,
  count: number,
  stored: Map<string, number>,
): Promise<void> {
  const body = randomBytes(SIZE);
  let next = 0;
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      const connection = await RawConnection.open(origin);
      for (let n = next++; n < count; n = next++) {
        const head = requestHead('PUT', signer.url('PUT', `e/${n}`), { 'content-length': SIZE });
        const status = await connection.send(head, body);
        if (status !== 200) throw new Error(`The answer was ${status}.`);
        stored.set(`e/${n}`, performance.now());
      }
      connection.close();
    }),
  );
}
