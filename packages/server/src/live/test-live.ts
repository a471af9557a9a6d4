import type { LiveMessage } from '@valise/core/wire';
import { WebSocket } from 'ws';

/** For tests: a socket whose messages are taken one by one. */
export interface TestSocket {
  readonly socket: WebSocket;
  /** The next message; rejects when none comes. */
  next(): Promise<LiveMessage>;
  /** The close code, once it is closed. */
  readonly closed: Promise<number>;
}

const PATIENCE_MS = 15_000;

/** Rejects with the HTTP status when the server refuses to upgrade. */
export async function openSocket(
  port: number,
  options: { readonly token?: string; readonly protocols?: readonly string[] },
): Promise<TestSocket> {
  const { token, protocols = [] } = options;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const url = `ws://127.0.0.1:${port}/files/changes/live`;
  const socket = new WebSocket(url, [...protocols], { headers });
  const arrived: LiveMessage[] = [];
  const waiting: ((message: LiveMessage) => void)[] = [];
  socket.on('message', (data) => {
    const message: LiveMessage = JSON.parse(String(data));
    const taker = waiting.shift();
    if (taker === undefined) arrived.push(message);
    else taker(message);
  });
  const closed = new Promise<number>((resolve) => {
    socket.once('close', (code) => resolve(code));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('unexpected-response', (_request, response) => {
      reject(new Error(String(response.statusCode)));
      socket.terminate();
    });
    socket.once('error', reject);
  });
  return {
    socket,
    closed,
    next() {
      const message = arrived.shift();
      if (message !== undefined) return Promise.resolve(message);
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error('no message came')), PATIENCE_MS);
        waiting.push((one) => {
          clearTimeout(late);
          resolve(one);
        });
      });
    },
  };
}
