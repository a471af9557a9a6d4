import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Content } from '../storage/content-reader.ts';

/**
 * Writes stored bytes at the pace of the client; ends quietly when it has gone away. Throws when
 * the disk doesn't hold what the manifest says: then the answer must not look whole.
 */
export async function sendContent(response: ServerResponse, content: Content): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    for await (const bytes of content.chunks()) {
      if (response.destroyed) return;
      if (!response.write(bytes)) await once(response, 'drain', { signal: gone.signal });
    }
    response.end();
  } catch (error) {
    if (!response.destroyed) throw error;
  } finally {
    content.close();
  }
}
