import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ClientError, type TransportAnswer } from '@valise/client';
import type { ByteRate } from './byte-rate.ts';

export interface NodeAnswerOptions {
  /** Translates what Node throws while the body is read. */
  readonly failure: (error: Error) => unknown;
  readonly rate: ByteRate | undefined;
  /** Gives what came compressed decoded. */
  readonly decode: boolean | undefined;
}

export function nodeAnswer(
  incoming: IncomingMessage,
  { failure, rate, decode }: NodeAnswerOptions,
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
  const isGzip = decode === true && incoming.headers['content-encoding'] === 'gzip';
  const body = isGzip ? gunzipped(incoming, pieces()) : pieces();
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

/** `pieces` are what comes in; their failures come through as they are. */
async function* gunzipped(
  incoming: IncomingMessage,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  // The error is told to whoever reads.
  pipeline(pieces, gunzip, () => {});
  try {
    yield* gunzip as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (!isDecodingError(cause)) throw cause;
    throw new ClientError('content-corrupt', 'What came compressed cannot be decoded.', { cause });
  } finally {
    // Whoever stops reading does so between pieces, while the next one is waited for.
    if (!incoming.complete) incoming.destroy();
  }
}

function isDecodingError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
}
