import type { TransportAnswer, TransportRequest } from '@valise/client';
import { DirectConnection, type DirectResult } from './direct-connection.ts';
import { encodeRequest } from './encode-request.ts';
import { stalled, transportFailure } from './transport-failure.ts';

export interface DirectExchangesOptions {
  /** How long a connection is kept without use. */
  readonly idleSocketMs: number;
  readonly idleTimeoutMs: number;
}

/** Up to here a body is copied behind its head and written at once: one packet less and no stream. */
const SMALL_BODY = 64 * 1024;
const NO_BYTES = new Uint8Array();

/**
 * What node:http is not needed for: GETs into given memory, and small PUTs, of which it can do
 * half as many per second. Both may be repeated.
 */
export function isDirect({ method, url, into, body }: TransportRequest): boolean {
  if (!/^https?:/.test(url)) return false;
  if (method === 'GET') return into !== undefined;
  return method === 'PUT' && body instanceof Uint8Array && body.length <= SMALL_BODY;
}

/** Plain exchanges, over connections of their own that are kept for a while. */
export class DirectExchanges {
  readonly #options: DirectExchangesOptions;
  readonly #idle = new Map<string, DirectConnection[]>();
  readonly #all = new Set<DirectConnection>();

  constructor(options: DirectExchangesOptions) {
    this.#options = options;
  }

  /** Null where the answer needs a complete HTTP client; nothing of it was used then. */
  async send(request: TransportRequest): Promise<TransportAnswer | null> {
    request.signal?.throwIfAborted();
    const url = new URL(request.url);
    const bytes = encodeRequest(request, url);
    for (;;) {
      const connection = this.#take(url);
      try {
        const result = await this.#send(connection, bytes, request);
        if (result.kind === 'unsuitable') return null;
        if (request.body !== undefined) request.onUploadProgress?.(request.body.length);
        return answerOf(result, request);
      } catch (error) {
        if (connection.wasStale && !request.signal?.aborted) continue;
        throw error instanceof Error ? transportFailure(error, request) : error;
      }
    }
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  #send(
    connection: DirectConnection,
    bytes: Uint8Array,
    request: TransportRequest,
  ): Promise<DirectResult> {
    const { signal, into = NO_BYTES, idleTimeoutMs = this.#options.idleTimeoutMs } = request;
    connection.whenIdleFor(idleTimeoutMs, () => connection.close(stalled(request)));
    return connection.send({ bytes, into, signal });
  }

  #take(url: URL): DirectConnection {
    const { origin } = url;
    const idle = this.#idle.get(origin) ?? [];
    this.#idle.set(origin, idle);
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) {
      if (kept.isOpen) return kept;
    }
    const made = new DirectConnection(url, {
      onIdle: (connection) => {
        connection.unref();
        connection.whenIdleFor(this.#options.idleSocketMs, () => connection.close());
        idle.push(connection);
      },
      onClosed: (connection) => {
        this.#all.delete(connection);
        if (idle.includes(connection)) idle.splice(idle.indexOf(connection), 1);
      },
    });
    this.#all.add(made);
    return made;
  }
}

function answerOf(
  { head, body }: Extract<DirectResult, { readonly kind: 'answer' }>,
  request: TransportRequest,
): TransportAnswer {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      yield* body.pieces();
    } catch (error) {
      throw error instanceof Error ? transportFailure(error, request) : error;
    }
  }
  const stream = pieces();
  return {
    status: head.status,
    header: (name) => head.headers.get(name) ?? null,
    body: stream,
    async bytes() {
      for await (const _ of stream);
      return body.target;
    },
  };
}
