import type { Ambient } from '@valise/client';
import { uuidV7 } from '@valise/core/ids';
import { sha256 } from './sha256.ts';

/** The browser's clock, randomness, ids and SHA-256; the same in pages and workers. */
export const browserAmbient: Ambient = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep,
  newId: () => uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
  sha256,
  async sha256Each(bytes, sizes) {
    const pieces: Promise<Uint8Array>[] = [];
    let from = 0;
    for (const size of sizes) {
      pieces.push(sha256(bytes.subarray(from, from + size)));
      from += size;
    }
    const digests = new Uint8Array(sizes.length * 32);
    for (const [index, digest] of (await Promise.all(pieces)).entries()) {
      digests.set(digest, index * 32);
    }
    return digests;
  },
  gzip,
  allocate: (size) => new Uint8Array(size),
};

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const { readable, writable } = new CompressionStream('gzip');
  const writer = writable.getWriter();
  // Never shared between threads in a browser. What goes wrong is seen where it is read.
  void writer.write(bytes as Uint8Array<ArrayBuffer>).catch(() => undefined);
  void writer.close().catch(() => undefined);
  return new Uint8Array(await new Response(readable).arrayBuffer());
}

function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal?.aborted) return Promise.reject(signal.reason);
  const onAbort = () => {
    clearTimeout(timer);
    reject(signal?.reason);
  };
  const timer = setTimeout(() => {
    signal?.removeEventListener('abort', onAbort);
    resolve();
  }, milliseconds);
  signal?.addEventListener('abort', onAbort, { once: true });
  return promise;
}
