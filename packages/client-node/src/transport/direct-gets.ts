import type { TransportAnswer, TransportRequest } from '@valise/client';
import { DirectConnection, type DirectResult } from './direct-connection.ts';
import { stalled, transportFailure } from './transport-failure.ts';

export interface DirectGetsOptions {
  /** How long a connection is kept without use. */
  readonly idleSocketMs: number;
  readonly idleTimeoutMs: number;
}

type DirectRequest = TransportRequest & { readonly into: Uint8Array };

export function isDirect(request: TransportRequest): request is DirectRequest {
  return request.into !== undefined && request.method === 'GET';
}

/** GETs into given memory, over connections of their own that are kept for a while. */
export class DirectGets {
  readonly #options: DirectGetsOptions;
  readonly #idle = new Map<string, DirectConnection[]>();
  readonly #all = new Set<DirectConnection>();

  constructor(options: DirectGetsOptions) {
    this.#options = options;
  }

  /** Null where the answer needs a complete HTTP client; nothing of it was used then. */
  async get(request: DirectRequest): Promise<TransportAnswer | null> {
    request.signal?.throwIfAborted();
    const url = new URL(request.url);
    for (;;) {
      const connection = this.#take(url);
      try {
        return answerOf(await this.#send(connection, url, request), request);
      } catch (error) {
        if (connection.wasStale && !request.signal?.aborted) continue;
        throw error instanceof Error ? transportFailure(error, request) : error;
      }
    }
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  #send(connection: DirectConnection, url: URL, request: DirectRequest): Promise<DirectResult> {
    const { signal, into, headers = {}, idleTimeoutMs = this.#options.idleTimeoutMs } = request;
    connection.whenIdleFor(idleTimeoutMs, () => connection.close(stalled(request)));
    return connection.send({ url, headers, into, signal });
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

function answerOf(result: DirectResult, request: DirectRequest): TransportAnswer | null {
  if (result.kind === 'unsuitable') return null;
  const { head, body } = result;
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
