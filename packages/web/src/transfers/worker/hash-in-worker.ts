import { ClientError, type HashedContent } from '@valise/client';
import { planUpload } from '@valise/core/plan';
import type { HashReply, HashTask } from './hash-task.ts';

interface HashOptions {
  readonly signal?: AbortSignal | undefined;
  onProgress?(bytes: number): void;
}

/** Hashes one large file in a worker of its own, which ends with it. */
export function hashInWorker(file: File, options: HashOptions): Promise<HashedContent> {
  const { signal, onProgress } = options;
  const { promise, resolve, reject } = Promise.withResolvers<HashedContent>();
  if (signal?.aborted) return Promise.reject(signal.reason);
  const worker = new Worker(new URL('./hash-worker.ts', import.meta.url), { type: 'module' });
  const onAbort = () => reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  worker.addEventListener('error', ({ message }) => reject(new Error(message)));
  worker.addEventListener('message', ({ data }: MessageEvent<HashReply>) => {
    switch (data.kind) {
      case 'progress':
        onProgress?.(data.bytes);
        return;
      case 'done':
        resolve(data.content);
        return;
      case 'failed':
        reject(new ClientError('content-changed', data.message));
    }
  });
  const task: HashTask = { file, partSize: planUpload(file).partSize };
  worker.postMessage(task);
  return promise.finally(() => {
    signal?.removeEventListener('abort', onAbort);
    worker.terminate();
  });
}
