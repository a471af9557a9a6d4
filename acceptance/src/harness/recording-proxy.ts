import { createServer, request, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
}

/** Stands before a server and keeps what it is asked. Passes on no upgrades. */
export class RecordingProxy {
  readonly requests: RecordedRequest[] = [];
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async start(target: string): Promise<RecordingProxy> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const proxy = new RecordingProxy(server, `http://127.0.0.1:${address.port}`);
    server.on('request', async (incoming, outgoing) => {
      const { method = 'GET', url: path = '/', headers } = incoming;
      const body = await buffer(incoming);
      proxy.requests.push({ method, path, body });
      const passed = request(new URL(path, target), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      passed.end(body);
    });
    return proxy;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
