import type { IncomingMessage } from 'node:http';
import type { TransportAnswer } from '@valise/client';
import type { ByteRate } from './byte-rate.ts';

/** `failure` translates what Node throws while the body is read. */
export function nodeAnswer(
  incoming: IncomingMessage,
  failure: (error: Error) => unknown,
  rate?: ByteRate,
): TransportAnswer {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of incoming) {
        // Whoever doesn't read on makes the sender wait.
        if (rate !== undefined) await rate.pass(piece.length);
        yield piece;
      }
    } catch (error) {
      throw error instanceof Error ? failure(error) : error;
    }
  }
  const body = pieces();
  return {
    status: incoming.statusCode ?? 0,
    header(name) {
      const value = incoming.headers[name];
      return (Array.isArray(value) ? value[0] : value) ?? null;
    },
    body,
    async bytes() {
      const parts: Uint8Array[] = [];
      for await (const piece of body) parts.push(piece);
      const [only] = parts;
      return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
    },
  };
}
