/** A worker that chunks and hashes stretches of files, one after the other, as they are sent. */
import { isClientError } from '@valise/client/errors';
import { hashBlobStretch } from './hash-blob-stretch.ts';
import type { HashReply, HashTask } from './hash-task.ts';

function reply(message: HashReply): void {
  self.postMessage(message);
}

self.addEventListener('message', async ({ data }: MessageEvent<HashTask>) => {
  try {
    const hashed = await hashBlobStretch(data, (bytes) => reply({ kind: 'progress', bytes }));
    reply({ kind: 'done', ...hashed });
  } catch (error) {
    if (isClientError(error, 'content-changed')) reply({ kind: 'changed' });
    else reply({ kind: 'failed', message: String(error) });
  }
});
