import { ClientError } from '@valise/client';
import type { File as StoredFile } from '@valise/core/wire';
import { readIdentity } from '../session/identity.ts';
import type { ArchiveNews, ArchiveTask } from './archive-task.ts';
import { collectInMemory, IN_MEMORY_LIMIT } from './collect-in-memory.ts';
import { DOWNLOADS, type DownloadOffer, type Wish } from './offered-downloads.ts';
import { startDownload } from './start-download.ts';

/** A service worker without events is ended after half a minute, whatever it streams. */
const KEEP_ALIVE_MS = 10_000;
/** A browser that hasn't asked for the download by then won't. */
const OFFER_TIMEOUT_MS = 15_000;

/**
 * Downloads files and folders as one archive, made in a worker from their signed URLs: no byte goes
 * through the API, and none stays in memory. Rejects when it can't be begun or breaks off.
 */
export async function downloadArchive(roots: readonly StoredFile[]): Promise<void> {
  const identity = readIdentity();
  if (identity === null) return;
  const worker = new Worker(new URL('./archive-worker.ts', import.meta.url), { type: 'module' });
  const { port1: give, port2: take } = new MessageChannel();
  try {
    const news = listenTo(worker);
    const task: ArchiveTask = { server: location.origin, identity, roots };
    worker.postMessage(task, [give]);
    const { size } = await news.listed;
    const name = archiveName(roots);
    if (navigator.serviceWorker === undefined) {
      if (size > IN_MEMORY_LIMIT)
        throw new ClientError(
          'local-file',
          'That is too much to pack over an unprotected connection. Download less at once, or reach Valise by https.',
        );
      await collectInMemory(take, name);
    } else {
      // Over when its end has been passed on, or the worker says what went wrong.
      await Promise.race([offer(take, { type: 'offer', id: randomId(), name, size }), news.failed]);
    }
  } finally {
    worker.terminate();
  }
}

function archiveName(roots: readonly StoredFile[]): string {
  const [first] = roots;
  return roots.length === 1 && first !== undefined ? `${first.name}.zip` : 'Valise.zip';
}

function listenTo(worker: Worker) {
  const listed = Promise.withResolvers<{ readonly size: number }>();
  const failed = Promise.withResolvers<never>();
  const fail = (problem: string) => {
    const error = new ClientError('broken-answer', problem);
    listed.reject(error);
    failed.reject(error);
  };
  // Who waits for the first hears of a failure there.
  failed.promise.catch(() => undefined);
  worker.addEventListener('error', ({ message }) => fail(message));
  worker.addEventListener('message', ({ data }: MessageEvent<ArchiveNews>) => {
    if (data.kind === 'listed') listed.resolve(data);
    else fail(data.problem);
  });
  return { listed: listed.promise, failed: failed.promise };
}

/**
 * Puts the stream at an address of ours and lets the browser download from there. Resolves when all
 * has been handed over, or nobody wants it any more.
 */
async function offer(port: MessagePort, download: DownloadOffer): Promise<void> {
  await navigator.serviceWorker.register('/sw.js', { type: 'module' });
  const { active } = await navigator.serviceWorker.ready;
  if (active === null) throw new ClientError('local-file', 'The service worker did not start.');
  const { port1, port2 } = new MessageChannel();
  const ready = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  // The page stays in between: it sees that the download begins, and that it goes on.
  port1.onmessage = ({ data }: MessageEvent<Wish | 'ready'>) => {
    if (data === 'ready') {
      ready.resolve();
      return;
    }
    begun.resolve();
    port.postMessage(data);
    if (data === 'enough') over.resolve();
  };
  port.onmessage = ({ data }) => {
    const transfer = data instanceof Uint8Array ? [data.buffer] : [];
    port1.postMessage(data, transfer);
    if (data === 'end' || data === 'failed') over.resolve();
  };
  active.postMessage(download, [port2]);
  const alive = setInterval(() => active.postMessage('alive'), KEEP_ALIVE_MS);
  const timeout = setTimeout(
    () => begun.reject(new ClientError('local-file', 'The browser did not begin the download.')),
    OFFER_TIMEOUT_MS,
  );
  await ready.promise;
  startDownload(`${DOWNLOADS}${download.id}/${encodeURIComponent(download.name)}`);
  try {
    await begun.promise;
    await over.promise;
  } finally {
    clearTimeout(timeout);
    clearInterval(alive);
  }
}

function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
