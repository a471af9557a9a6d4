import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RawConnection, requestHead } from '../measure/raw-connection.ts';
import type { Figure } from '../measure/report.ts';
import { summarise } from '../measure/statistics.ts';
import { EmbeddedStore } from '../peers/embedded-store.ts';
import { MultipartUpload } from './multipart-upload.ts';

const MiB = 1_048_576;
const SOURCE_SIZE = 512 * MiB;
const RANGE = 64 * MiB;
const AT_ONCE = 16;
const AIM_MS = 200;

/** An object of `size` bytes from ranges of what is there: begun, copied and completed. */
export async function composing(rounds: number, size: number): Promise<Figure> {
  const folder = await mkdtemp(join(tmpdir(), 'valise-bench-'));
  const taken: number[] = [];
  try {
    await using store = await EmbeddedStore.start(join(folder, 'data'));
    await putSource(store);
    // The first round opens connections.
    for (let round = 0; round <= rounds; round += 1) {
      const milliseconds = await compose(store, `composed-${round}`, size / RANGE);
      if (round > 0) taken.push(milliseconds);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const { median, low, high } = summarise(taken);
  return {
    what: `an object of ${size / MiB / 1024} GiB composed of ${size / RANGE} ranges, ${AT_ONCE} at once`,
    measured: `${median.toFixed(0)} ms`,
    aim: `< ${AIM_MS} ms`,
    met: median < AIM_MS,
    detail: `${low.toFixed(0)}–${high.toFixed(0)} ms from begin to complete`,
  };
}

async function putSource({ origin, signer }: EmbeddedStore): Promise<void> {
  const connection = await RawConnection.open(origin);
  const head = requestHead('PUT', signer.url('PUT', 'source'), { 'content-length': SOURCE_SIZE });
  const status = await connection.stream(head, randomBytes(MiB), SOURCE_SIZE);
  connection.close();
  if (status !== 200) throw new Error(`The answer was ${status}.`);
}

async function compose(
  { signer, keys }: EmbeddedStore,
  key: string,
  ranges: number,
): Promise<number> {
  const began = performance.now();
  const running = await MultipartUpload.begin(signer, key);
  const source = `/${keys.bucket}/source`;
  const parts = Array.from({ length: ranges }, (_, n) => ({ number: n + 1, etag: '' }));
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let at = next++; at < ranges; at = next++) {
        const from = (at * RANGE) % SOURCE_SIZE;
        const range = { source, from, to: from + RANGE - 1 };
        parts[at] = await running.copyPart(at + 1, range);
      }
    }),
  );
  await running.complete(parts);
  return performance.now() - began;
}
