import { S3Error } from '../s3/s3-error.ts';

/**
 * Slower than this over a whole window, nobody uploads: a connection that trickles holds memory and
 * a file for nothing. Bytes per second; a bad mobile line is ten times faster.
 */
const MIN_RATE = 1024;
const WINDOW_MS = 30_000;

/**
 * Passes a body on as long as it comes at a human pace; else throws RequestTimeout. Only the time
 * spent waiting for the client counts. Silence is the business of the server's idle time-out.
 */
export async function* atPace(
  source: AsyncIterable<Buffer>,
  now: () => number = () => performance.now(),
): AsyncGenerator<Buffer> {
  let waited = 0;
  let received = 0;
  let asked = now();
  for await (const bytes of source) {
    waited += now() - asked;
    received += bytes.length;
    if (waited > WINDOW_MS) {
      if (received < (waited / 1000) * MIN_RATE) throw new S3Error('RequestTimeout');
      waited = 0;
      received = 0;
    }
    yield bytes;
    asked = now();
  }
}

/** How long a client may take to read so many bytes. */
export function readingTime(bytes: number): number {
  return WINDOW_MS + (bytes / MIN_RATE) * 1000;
}
