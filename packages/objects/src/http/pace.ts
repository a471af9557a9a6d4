import { S3Error } from '../s3/s3-error.ts';

/** How slow clients may be. */
export interface Pace {
  /**
   * In bytes per second. Slower than this over a whole window, nobody uploads or reads: a
   * connection that trickles holds memory and a file for nothing.
   */
  readonly minRate: number;
  readonly windowMs: number;
  /** A connection on which nothing moves for so long is dropped, mid-request too. */
  readonly idleMs: number;
  /** For all headers of a request. */
  readonly headersMs: number;
}

/** A bad mobile line is ten times faster. */
export const humanPace: Pace = {
  minRate: 1024,
  windowMs: 30_000,
  idleMs: 60_000,
  headersMs: 20_000,
};

/**
 * Passes a body on as long as it comes at a human pace; else throws RequestTimeout. Only the time
 * spent waiting for the client counts. Silence is the business of the server's idle time-out.
 */
export async function* atPace(
  source: AsyncIterable<Buffer>,
  { minRate, windowMs }: Pace,
  now: () => number = () => performance.now(),
): AsyncGenerator<Buffer> {
  let waited = 0;
  let received = 0;
  let asked = now();
  for await (const bytes of source) {
    waited += now() - asked;
    received += bytes.length;
    if (waited > windowMs) {
      if (received < (waited / 1000) * minRate) throw new S3Error('RequestTimeout');
      waited = 0;
      received = 0;
    }
    yield bytes;
    asked = now();
  }
}

/** How long a client may take to read so many bytes. */
export function readingTime(bytes: number, { minRate, windowMs }: Pace): number {
  return windowMs + (bytes / minRate) * 1000;
}
