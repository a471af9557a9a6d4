import { connect, type Socket } from 'node:net';

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
 * Speaks to one server over kept-alive sockets and does as little as it can: the client shares its
 * processors with the server that it measures, and a full HTTP client would cost as much as the
 * server itself. It knows only what our server sends: a status line, a Content-Length, a body.
 */
export class LightClient {
  readonly #idle: Connection[] = [];
  readonly #all: Connection[] = [];
  readonly #base: URL;

  constructor(base: string) {
    this.#base = new URL(base);
  }

  async send(call: ReadyCall): Promise<RawAnswer> {
    const connection = this.#idle.pop() ?? this.#open();
    const answer = await connection.send(encode(call, this.#base.host));
    this.#idle.push(connection);
    return answer;
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  #open(): Connection {
    const connection = new Connection(Number(this.#base.port), this.#base.hostname);
    this.#all.push(connection);
    return connection;
  }
}

function encode({ method, path, headers, body }: ReadyCall, host: string): Buffer {
  const fields = { host, ...headers, 'content-length': String(body.length) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), body]);
}

const HEAD_END = '\r\n\r\n';

/** One exchange at a time. */
class Connection {
  readonly #socket: Socket;
  /** Of the answer so far; put together once, for a large one comes in a hundred pieces. */
  #pieces: Buffer[] = [];
  #received = 0;
  /** Of the whole answer; unknown until its head is here. */
  #expected = Number.POSITIVE_INFINITY;
  #waiting: PromiseWithResolvers<RawAnswer> | null = null;

  constructor(port: number, host: string) {
    this.#socket = connect({ port, host, noDelay: true });
    this.#socket.on('data', (piece) => this.#take(piece));
    this.#socket.on('error', (error) => this.#waiting?.reject(error));
    this.#socket.on('close', () => this.#waiting?.reject(new Error('connection closed')));
  }

  send(bytes: Buffer): Promise<RawAnswer> {
    this.#waiting = Promise.withResolvers();
    this.#socket.write(bytes);
    return this.#waiting.promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#received += piece.length;
    if (this.#expected === Number.POSITIVE_INFINITY) this.#expected = this.#lengthByHead();
    if (this.#received >= this.#expected) this.#answer();
  }

  #lengthByHead(): number {
    const bytes = this.#joined();
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) return Number.POSITIVE_INFINITY;
    const head = bytes.toString('latin1', 0, end);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    return end + HEAD_END.length + length;
  }

  #answer(): void {
    const bytes = this.#joined();
    const end = bytes.indexOf(HEAD_END);
    const answer = {
      status: Number(bytes.toString('latin1', 9, 12)),
      body: bytes.subarray(end + HEAD_END.length, this.#expected),
    };
    const rest = bytes.subarray(this.#expected);
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#received = rest.length;
    this.#expected = Number.POSITIVE_INFINITY;
    this.#waiting?.resolve(answer);
  }

  #joined(): Buffer {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1 && first !== undefined) return first;
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [bytes];
    return bytes;
  }
}
