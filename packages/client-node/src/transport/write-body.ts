import type { ClientRequest } from 'node:http';
import type { ByteRate } from './byte-rate.ts';

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
  rate?: ByteRate,
): void {
  if (body === undefined || body.length === 0) {
    outgoing.end();
    return;
  }
  let at = 0;
  const next = async () => {
    const slice = body.subarray(at, at + (rate?.slice ?? SLICE));
    if (rate !== undefined) await rate.pass(slice.length);
    if (outgoing.destroyed) return;
    at += slice.length;
    const written = (error?: Error | null) => {
      if (error) return;
      onProgress?.(slice.length);
      if (at < body.length) void next();
    };
    if (at < body.length) outgoing.write(slice, written);
    else outgoing.end(slice, () => written());
  };
  void next();
}
