import type { Json } from './api.ts';

const PATIENCE_MS = 20_000;

/** A live socket as a browser has it: the token goes along as a protocol. */
export class LiveSocket {
  /** The close code, once it is closed. */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #arrived: Json[] = [];
  #waiting: ((message: Json) => void)[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code }) => resolve(code));
    });
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data));
      const taker = this.#waiting.shift();
      if (taker === undefined) this.#arrived.push(message);
      else taker(message);
    });
  }

  static async open(server: string, token: string): Promise<LiveSocket> {
    const url = `${server.replace(/^http/, 'ws')}/files/changes/live`;
    const socket = new WebSocket(url, ['valise.v1', token]);
    const live = new LiveSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('error', () => reject(new Error('The socket was refused.')));
    });
    return live;
  }

  /** The next message; rejects when none comes. */
  next(): Promise<Json> {
    const message = this.#arrived.shift();
    if (message !== undefined) return Promise.resolve(message);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('no message came')), PATIENCE_MS);
      this.#waiting.push((one) => {
        clearTimeout(late);
        resolve(one);
      });
    });
  }

  close(): void {
    this.#socket.close();
  }
}
