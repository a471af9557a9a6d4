import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request, read whole. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What stands in for the answer to a request; `pass` asks the one behind. */
export type Break = (asked: Asked, pass: (asked: Asked) => Promise<Answered>) => Promise<Answered>;

/**
 * A real HTTP proxy that does one thing wrong. Everything else passes as it is, the Host header too,
 * so that signatures for this address hold.
 */
export class BreakingProxy {
  readonly #server: Server;
  #break: Break = (asked, pass) => pass(asked);

  private constructor(target: string) {
    const pass = (asked: Asked) => forward(target, asked);
    this.#server = createServer((incoming, outgoing) => {
      readAll(incoming)
        .then((asked) => this.#break(asked, pass))
        .then(
          ({ status, headers, body }) => {
            const { 'transfer-encoding': _chunked, ...kept } = headers;
            outgoing.writeHead(status, kept).end(body);
          },
          () => outgoing.destroy(),
        );
    });
  }

  static async start(target: string): Promise<BreakingProxy> {
    const proxy = new BreakingProxy(target);
    await new Promise<void>((done) => proxy.#server.listen(0, '127.0.0.1', done));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  set(fault: Break): void {
    this.#break = fault;
  }

  heal(): void {
    this.#break = (asked, pass) => pass(asked);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

export function answer(status: number, body = ''): Answered {
  return { status, headers: {}, body: Buffer.from(body) };
}

async function readAll(incoming: IncomingMessage): Promise<Asked> {
  const { method = '', url = '', headers } = incoming;
  return { method, url, headers, body: Buffer.concat((await incoming.toArray()) as Buffer[]) };
}

function forward(target: string, { method, url, headers, body }: Asked): Promise<Answered> {
  const { hostname, port } = new URL(target);
  return new Promise((resolve, reject) => {
    const onward = httpRequest({ hostname, port, method, path: url, headers }, (reply) => {
      reply.toArray().then((pieces) => {
        const { statusCode: status = 0, headers: answered } = reply;
        resolve({ status, headers: answered, body: Buffer.concat(pieces as Buffer[]) });
      }, reject);
    });
    onward.once('error', reject);
    onward.end(body);
  });
}
