import { Agent, request } from 'node:http';

/** A call whose body is encoded already: nothing of that is measured. */
export interface ReadyCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** An answer whose body is read but not parsed yet. */
export interface RawAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/**
 * Speaks to one server over kept-alive connections and does as little as it can: the client shares
 * its processors with the server that it measures, and `fetch` with JSON would cost as much as the
 * server itself.
 */
export class LightClient {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #base: URL;

  constructor(base: string) {
    this.#base = new URL(base);
  }

  send({ method, path, headers, body }: ReadyCall): Promise<RawAnswer> {
    const { hostname, port } = this.#base;
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          agent: this.#agent,
          hostname,
          port,
          method,
          path,
          headers: { ...headers, 'content-length': String(body.length) },
        },
        (incoming) => {
          const pieces: Buffer[] = [];
          incoming.on('data', (piece: Buffer) => pieces.push(piece));
          incoming.on('error', reject);
          incoming.on('end', () => {
            resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(pieces) });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
