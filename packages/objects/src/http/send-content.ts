import type { ServerResponse } from 'node:http';
import type { Content } from '../storage/content-reader.ts';
import { type Pace, readingTime } from './pace.ts';

/**
 * Writes stored bytes at the pace of the client; ends quietly when it has gone away. Throws when
 * the disk doesn't hold what the manifest says: then the answer must not look whole.
 */
export async function sendContent(
  response: ServerResponse,
  content: Content,
  pace: Pace,
): Promise<void> {
  try {
    for await (const bytes of content.chunks()) {
      // The buffer is used again, so wait until it has left, not only until there is room.
      if (!(await written(response, bytes, readingTime(bytes.length, pace)))) return;
    }
    response.end();
  } finally {
    content.close();
  }
}

/** False when the client has gone away. */
function written(response: ServerResponse, bytes: Buffer, patience: number): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const onClose = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => response.destroy(), patience);
    response.once('close', onClose);
    response.write(bytes, (error) => {
      clearTimeout(timer);
      response.off('close', onClose);
      resolve(!error);
    });
  });
}
