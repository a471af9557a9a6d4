import { createVerify, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { connect } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { makeCertificate } from './certificate.ts';

/** CloudFront's own alphabet. */
export function fromCloudfront(text: string): Buffer {
  return Buffer.from(text.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64');
}

export interface CookieCdnOptions {
  /** For its certificate. */
  readonly folder: string;
  /** Of the pages that may read with cookies. */
  readonly origin: string;
  readonly publicKey: KeyObject;
  readonly ports: { readonly cdn: number; readonly front: number };
  /** Where the server listens that the other name leads to. */
  readonly serverPort: number;
}

/**
 * Speaks TLS for a server, and beside it gives contents as CloudFront does to who brings its cookies:
 * by their path, if the signed policy allows that path now.
 */
export class CookieCdn implements AsyncDisposable {
  /** By path. */
  readonly contents = new Map<string, Uint8Array>();
  readonly served: string[] = [];
  readonly refused: string[] = [];
  readonly #options: CookieCdnOptions;
  #close: () => void = () => {};

  private constructor(options: CookieCdnOptions) {
    this.#options = options;
  }

  static async start(options: CookieCdnOptions): Promise<CookieCdn> {
    const cdn = new CookieCdn(options);
    const files = await makeCertificate(options.folder, { name: 'DNS:*.example.org' });
    const cert = await readFile(files.VALISE_TLS_CERT);
    const key = await readFile(files.VALISE_TLS_KEY);
    const server = createServer({ cert, key }, (request, response) =>
      cdn.#answer(request, response),
    );
    const front = createTlsServer({ cert, key }, (socket) => {
      const behind = connect(options.serverPort, '127.0.0.1');
      socket.pipe(behind).pipe(socket);
      socket.on('error', () => behind.destroy());
      behind.on('error', () => socket.destroy());
    });
    await Promise.all([
      new Promise<void>((done) => server.listen(options.ports.cdn, '127.0.0.1', done)),
      new Promise<void>((done) => front.listen(options.ports.front, '127.0.0.1', done)),
    ]);
    cdn.#close = () => {
      for (const one of [server, front]) one.close();
      server.closeAllConnections();
    };
    return cdn;
  }

  #answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    response.setHeader('access-control-allow-origin', this.#options.origin);
    response.setHeader('access-control-allow-credentials', 'true');
    const content = this.contents.get(url);
    if (content === undefined || !this.#allows(headers.cookie ?? '', url)) {
      this.refused.push(url);
      response.writeHead(403).end();
      return;
    }
    this.served.push(url);
    response.writeHead(200, { 'content-length': content.length }).end(content);
  }

  #allows(cookie: string, path: string): boolean {
    const values = new Map(cookie.split('; ').map((one) => [one.split('=')[0], one.split('=')[1]]));
    const policy = fromCloudfront(values.get('CloudFront-Policy') ?? '');
    const signature = fromCloudfront(values.get('CloudFront-Signature') ?? '');
    const verify = createVerify('RSA-SHA1').update(policy);
    if (!verify.verify(this.#options.publicKey, signature)) return false;
    const [{ Resource, Condition }] = JSON.parse(policy.toString()).Statement;
    const { pathname } = new URL(Resource.replaceAll('?', '%3F'));
    const prefix = decodeURIComponent(pathname).replace(/\?+$/, '');
    const isThere = path.startsWith(prefix) && path.length === prefix.length + 3;
    return isThere && Condition.DateLessThan['AWS:EpochTime'] * 1_000 > Date.now();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }
}
