import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A live socket that does as little as it can: thousands share the machine with the server. */
export interface RawSocket {
  readonly socket: Socket;
  /** Told when bytes of a "changes" or "poll" message arrive. */
  onNews: (() => void) | null;
}

/** Opens one and waits until the server has said where the feed stands. */
export async function openRawSocket(base: string, token: string): Promise<RawSocket> {
  const { hostname, port } = new URL(base);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const raw: RawSocket = { socket, onNews: null };
  await once(socket, 'connect');
  socket.write(
    `GET /files/changes/live HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\n` +
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
  await new Promise<void>((resolve, reject) => {
    let isUp = false;
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('The server closed a live socket.')));
    socket.on('data', (bytes: Buffer) => {
      if (!isUp && bytes.includes('"hello"')) {
        isUp = true;
        resolve();
      } else if (isUp && (bytes.includes('"changes"') || bytes.includes('"poll"'))) raw.onNews?.();
      else if (!isUp && !bytes.includes(' 101 ')) reject(new Error(bytes.toString()));
    });
  });
  return raw;
}
