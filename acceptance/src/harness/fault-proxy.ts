import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What becomes of requests: of those whose first line matches `only`, after the first `skip` of them,
 * and of the next `times`.
 */
export type Fault = {
  readonly only?: RegExp;
  readonly skip?: number;
  readonly times?: number;
} & (
  | { readonly kind: 'refuse' }
  /** Taken, and never answered. */
  | { readonly kind: 'hang' }
  /** Passed on, but the answer is lost. */
  | { readonly kind: 'deaf' }
  /** Answered by ourselves. */
  | { readonly kind: 'answer'; readonly status: number; readonly code: string }
  /** The connection breaks after so many bytes of it, in both directions together. */
  | { readonly kind: 'cut'; readonly after: number }
);

/** So many bytes of an HTTP request hold its first line's method. */
const METHOD = /^(GET|HEAD|PUT|POST|DELETE) \/\S*/;
const STATUS = /^HTTP\/1\.1 (\d{3}) /;

/**
 * A network that can be told to fail, between somebody and one of several ports. Without a fault it
 * passes every byte unchanged, so that signatures over the host hold for its own address. A fault
 * holds for requests that begin while it is set, also on connections that are open already.
 */
export class FaultProxy {
  readonly port: number;
  /** Requests that met the fault so far. */
  met = 0;
  /** Bytes that were passed on to the target so far, heads of requests included. */
  sent = 0;
  readonly #server: Server;
  readonly #connections: Set<Connection>;
  #fault: Fault | null = null;
  #skipped = 0;
  readonly #answers = new Map<number, number>();

  private constructor(server: Server, port: number, connections: Set<Connection>) {
    this.#server = server;
    this.port = port;
    this.#connections = connections;
  }

  /** `targets`: ports on this machine, tried in order for each connection. */
  static async start(targets: () => readonly number[], port = 0): Promise<FaultProxy> {
    const connections = new Set<Connection>();
    const server = createServer();
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(port, '127.0.0.1', done);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const proxy = new FaultProxy(server, address.port, connections);
    server.on('connection', (client) => {
      const connection = new Connection(client, targets(), {
        judge: (line) => proxy.#judge(line),
        onSent: (bytes) => {
          proxy.sent += bytes;
        },
        onAnswer: (status) => proxy.#answers.set(status, proxy.answered(status) + 1),
      });
      connections.add(connection);
      client.once('close', () => connections.delete(connection));
    });
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  set(fault: Fault): void {
    this.#fault = fault;
    this.met = 0;
    this.#skipped = 0;
  }

  /** How often the target has answered with this status. */
  answered(status: number): number {
    return this.#answers.get(status) ?? 0;
  }

  /** Ends the fault and the connections that had met it. */
  heal(): void {
    this.#fault = null;
    for (const connection of this.#connections) connection.heal();
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  #judge(line: string): Fault | null {
    const fault = this.#fault;
    if (fault === null || fault.only?.test(line) === false) return null;
    if (this.#skipped < (fault.skip ?? 0)) {
      this.#skipped += 1;
      return null;
    }
    if (this.met >= (fault.times ?? Infinity)) return null;
    this.met += 1;
    return fault;
  }
}

interface Watcher {
  judge(line: string): Fault | null;
  onSent(bytes: number): void;
  onAnswer(status: number): void;
}

class Connection {
  readonly #client: Socket;
  readonly #watcher: Watcher;
  #upstream: Socket | null = null;
  #waiting: Buffer[] = [];
  #fault: Fault | null = null;
  #passed = 0;

  constructor(client: Socket, targets: readonly number[], watcher: Watcher) {
    this.#client = client;
    this.#watcher = watcher;
    client.on('data', (bytes) => this.#sent(bytes));
    client.on('error', () => this.destroy());
    client.on('close', () => this.destroy());
    this.#connect(targets);
  }

  heal(): void {
    if (this.#fault !== null) this.destroy();
  }

  destroy(): void {
    this.#client.destroy();
    this.#upstream?.destroy();
  }

  #connect([port, ...others]: readonly number[]): void {
    if (port === undefined || this.#client.destroyed) {
      this.destroy();
      return;
    }
    const upstream = connect(port, '127.0.0.1');
    upstream.once('error', () => {
      if (this.#upstream === null) this.#connect(others);
      else this.destroy();
    });
    upstream.once('connect', () => {
      this.#upstream = upstream;
      for (const bytes of this.#waiting.splice(0)) upstream.write(bytes);
      upstream.on('data', (bytes) => this.#received(bytes));
      upstream.on('drain', () => this.#client.resume());
      this.#client.on('drain', () => upstream.resume());
      upstream.on('close', () => {
        if (this.#fault?.kind !== 'deaf') this.#client.destroySoon();
      });
    });
  }

  #sent(bytes: Buffer): void {
    const line = METHOD.exec(bytes.subarray(0, 2048).toString('latin1'))?.[0];
    if (line !== undefined) this.#begin(line);
    const kind = this.#fault?.kind;
    if (kind === 'hang' || kind === 'answer' || !this.#passes(bytes)) return;
    this.#watcher.onSent(bytes.length);
    if (this.#upstream === null) this.#waiting.push(bytes);
    else if (!this.#upstream.write(bytes)) this.#client.pause();
  }

  #received(bytes: Buffer): void {
    const status = STATUS.exec(bytes.subarray(0, 16).toString('latin1'))?.[1];
    if (status !== undefined) this.#watcher.onAnswer(Number(status));
    if (this.#fault?.kind === 'deaf' || !this.#passes(bytes)) return;
    if (!this.#client.write(bytes)) this.#upstream?.pause();
  }

  #begin(line: string): void {
    this.#fault = this.#watcher.judge(line);
    this.#passed = 0;
    if (this.#fault?.kind === 'refuse') this.destroy();
    if (this.#fault?.kind === 'answer') this.#answer(this.#fault);
  }

  /** As stores do when they refuse: at once, and without waiting for the body. */
  #answer({ status, code }: Extract<Fault, { kind: 'answer' }>): void {
    const body = `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`;
    this.#client.end(
      `HTTP/1.1 ${status} ${code}\r\ncontent-type: application/xml\r\nconnection: close\r\n` +
        'access-control-allow-origin: *\r\n' +
        `content-length: ${body.length}\r\n\r\n${body}`,
    );
  }

  #passes(bytes: Buffer): boolean {
    this.#passed += bytes.length;
    if (this.#fault?.kind === 'cut' && this.#passed > this.#fault.after) this.destroy();
    return !this.#client.destroyed;
  }
}
