import { hashBlob } from './hash-blob.ts';
import type { HashReply, HashTask } from './hash-task.ts';

/** One file after the other; whoever wants to stop ends the worker. */
self.addEventListener('message', async ({ data }: MessageEvent<HashTask>) => {
  const reply = (message: HashReply) => self.postMessage(message);
  try {
    const content = await hashBlob(data.file, {
      partSize: data.partSize,
      onProgress: (bytes) => reply({ kind: 'progress', bytes }),
    });
    reply({ kind: 'done', content });
  } catch (error) {
    reply({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
});
