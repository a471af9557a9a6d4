import type { ClientRequest } from 'node:http';

/** Small enough for a smooth progress bar, large enough to cost nothing. */
const SLICE = 512 * 1024;

/**
 * Writes the body slice by slice as the socket takes it. Stops by itself when the request ends
 * first (an early refusal, an abort).
 */
export function writeBody(
  outgoing: ClientRequest,
  body: Uint8Array | undefined,
  onProgress?: (bytes: number) => void,
): void {
  if (body === undefined || body.length === 0) {
    outgoing.end();
    return;
  }
  let at = 0;
  const next = () => {
    if (outgoing.destroyed) return;
    const slice = body.subarray(at, at + SLICE);
    at += slice.length;
    const written = (error?: Error | null) => {
      if (error) return;
      onProgress?.(slice.length);
      if (at < body.length) next();
    };
    if (at < body.length) outgoing.write(slice, written);
    else outgoing.end(slice, () => written());
  };
  next();
}
