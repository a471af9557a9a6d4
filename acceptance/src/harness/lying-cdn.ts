import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';

/** What is wrong with the answers to GETs; with the first `times` of them, or with all. */
export type Lie = { readonly times?: number } /** One bit of each body. */ & (
  | { readonly kind: 'flipped' }
  /** The same range of these bytes. */
  | { readonly kind: 'another-file'; readonly content: Uint8Array }
  /** A range that begins elsewhere, and says so. */
  | { readonly kind: 'another-range' }
  /** A range that begins elsewhere, passed off as the right one. */
  | { readonly kind: 'passed-off-range' }
  /** Everything, whatever range was asked for. */
  | { readonly kind: 'no-ranges' }
  /** A page about something else. */
  | { readonly kind: 'page' }
);

/** Bytes by which a wrong range is off. */
const OFF = 4096;

const PAGE = '<!doctype html><title>Welcome to the hotel</title><p>Please accept our terms.';

/** A cache before a store that can be told to answer with wrong bytes, on a real socket. */
export class LyingCdn {
  readonly url: string;
  /** Answers that were wrong since the last `tell`. */
  lies = 0;
  readonly #server: Server;
  readonly #target: string;
  #lie: Lie | null = null;

  private constructor(server: Server, url: string, target: string) {
    this.#server = server;
    this.url = url;
    this.#target = target;
  }

  static async start(target: string): Promise<LyingCdn> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const cdn = new LyingCdn(server, `http://127.0.0.1:${address.port}`, target);
    server.on('request', (asked, answer) => {
      cdn.#serve(asked, answer).catch(() => answer.destroy());
    });
    return cdn;
  }

  tell(lie: Lie | null): void {
    this.#lie = lie;
    this.lies = 0;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const lie = asked.method === 'GET' ? this.#nextLie() : null;
    if (lie?.kind === 'page') {
      answer.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
      return;
    }
    const body = await buffer(asked);
    const { range, ...headers } = asked.headers;
    const wanted = lie === null ? range : rangeFor(lie, range);
    const ranged = wanted === undefined ? headers : { ...headers, range: wanted };
    const { head, bytes } = await this.#fetch(asked, { headers: ranged, body });
    const claims = lie?.kind === 'passed-off-range' ? claimOf(range, head) : {};
    answer.writeHead(head.statusCode ?? 502, { ...head.headers, ...claims });
    answer.end(lie === null ? bytes : bytesFor(lie, bytes, range));
  }

  #nextLie(): Lie | null {
    if (this.#lie === null || this.lies >= (this.#lie.times ?? Infinity)) return null;
    this.lies += 1;
    return this.#lie;
  }

  async #fetch(
    { method, url = '/' }: IncomingMessage,
    { headers, body }: { readonly headers: IncomingMessage['headers']; readonly body: Buffer },
  ): Promise<{ readonly head: IncomingMessage; readonly bytes: Buffer }> {
    const passed = request(new URL(url, this.#target), { method, headers });
    passed.end(body);
    const head = await new Promise<IncomingMessage>((resolve, reject) => {
      passed.once('response', resolve);
      passed.once('error', reject);
    });
    return { head, bytes: await buffer(head) };
  }
}

function rangeFor({ kind }: Lie, range: string | undefined): string | undefined {
  if (kind === 'no-ranges') return undefined;
  if (kind !== 'another-range' && kind !== 'passed-off-range') return range;
  const [first, last] = boundsOf(range);
  return last === undefined ? `bytes=${OFF}-` : `bytes=${Math.abs(first - OFF)}-${last - OFF}`;
}

/** The head of the answer that would have been the right one. */
function claimOf(range: string | undefined, head: IncomingMessage): Record<string, string> {
  const total = head.headers['content-range']?.split('/')[1];
  const [first, last] = boundsOf(range);
  return { 'content-range': `bytes ${first}-${last}/${total}` };
}

function boundsOf(range = 'bytes=0-'): [first: number, last: number | undefined] {
  const [first = 0, last] = range.slice('bytes='.length).split('-');
  return [Number(first), last === undefined || last === '' ? undefined : Number(last)];
}

function bytesFor(lie: Lie, bytes: Buffer, range: string | undefined): Uint8Array {
  if (lie.kind === 'another-file') {
    const [first] = boundsOf(range);
    return lie.content.subarray(first, first + bytes.length);
  }
  if (lie.kind === 'flipped') {
    const at = bytes.length >> 1;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  }
  return bytes;
}
