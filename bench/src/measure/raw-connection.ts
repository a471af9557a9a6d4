import { connect, type Socket } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
const READ_SIZE = 1024 * 1024;

/**
 * One kept-alive HTTP connection that does next to nothing itself: requests are bytes made
 * beforehand, of an answer only the status and the length are looked at. On a machine that client
 * and server share, an ordinary client would cost more than the server that is measured.
 */
export class RawConnection {
  readonly #socket: Socket;
  #head: Buffer = Buffer.alloc(0);
  #status = 0;
  /** Bytes of the answer's body still to come; null while its head isn't complete. */
  #left: number | null = null;
  #settle: { resolve(status: number): void; reject(error: Error): void } | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static open(url: URL): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      let connection: RawConnection | null = null;
      // One buffer for all that arrives: a stream would allocate a fresh one for every piece.
      const buffer = Buffer.allocUnsafeSlow(READ_SIZE);
      const onread = {
        buffer,
        callback: (size: number): boolean => {
          connection?.read(buffer.subarray(0, size));
          return true;
        },
      };
      const socket = connect({ host: url.hostname, port: Number(url.port), onread });
      socket.setNoDelay();
      socket.on('error', (error) => {
        reject(error);
        connection?.fail(error);
      });
      socket.on('close', () => connection?.fail(new Error('The connection was closed.')));
      socket.once('connect', () => {
        connection = new RawConnection(socket);
        resolve(connection);
      });
    });
  }

  /** Sends a whole request; resolves with the status once the answer's last byte is here. */
  send(...pieces: readonly Buffer[]): Promise<number> {
    const answered = this.#expectAnswer();
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
    return answered;
  }

  /** Sends a head and then `size` bytes, the block over and over, as fast as they are taken. */
  async stream(head: Buffer, block: Buffer, size: number): Promise<number> {
    const answered = this.#expectAnswer();
    answered.catch(() => undefined);
    this.#socket.write(head);
    for (let left = size; left > 0; left -= block.length) {
      const piece = left < block.length ? block.subarray(0, left) : block;
      await new Promise<void>((done, fail) => {
        this.#socket.write(piece, (error) => (error ? fail(error) : done()));
      });
    }
    return await answered;
  }

  close(): void {
    this.#socket.destroy();
  }

  #expectAnswer(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  private fail(error: Error): void {
    this.#settle?.reject(error);
    this.#settle = null;
  }

  private read(bytes: Buffer): void {
    let body = bytes;
    if (this.#left === null) {
      const all = this.#head.length ? Buffer.concat([this.#head, bytes]) : bytes;
      const end = all.indexOf(HEAD_END);
      if (end < 0) {
        this.#head = Buffer.from(all);
        return;
      }
      const text = all.toString('latin1', 0, end);
      this.#status = Number(text.slice(9, 12));
      this.#left = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
      this.#head = Buffer.alloc(0);
      body = all.subarray(end + HEAD_END.length);
    }
    this.#left -= body.length;
    if (this.#left > 0) return;
    this.#left = null;
    const settle = this.#settle;
    this.#settle = null;
    settle?.resolve(this.#status);
  }
}

/** A request's head as bytes. */
export function requestHead(
  method: string,
  url: URL,
  headers: Readonly<Record<string, string | number>> = {},
): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const target = `${method} ${url.pathname}${url.search} HTTP/1.1\r\n`;
  return Buffer.from(`${target}host: ${url.host}\r\n${lines.join('')}\r\n`);
}
