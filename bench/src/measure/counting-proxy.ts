import { connect, createServer, type Server, type Socket } from 'node:net';

/** A network between clients and one port that counts the bytes in either direction. */
export class CountingProxy {
  /** Bytes from clients, heads and all. */
  up = 0;
  /** Bytes to clients. */
  down = 0;
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(target: number): Promise<CountingProxy> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const proxy = new CountingProxy(server, address.port);
    server.on('connection', (client) => proxy.#pass(client, target));
    return proxy;
  }

  #pass(client: Socket, target: number): void {
    const upstream = connect(target, '127.0.0.1');
    client.on('data', (bytes) => {
      this.up += bytes.length;
    });
    upstream.on('data', (bytes) => {
      this.down += bytes.length;
    });
    client.pipe(upstream);
    upstream.pipe(client);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.end();
      });
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }
}
