import { connect, createServer, type Socket } from 'node:net';

/** What keeps a line from being as good as none. */
export interface LineQuality {
  readonly bytesPerSecond: number;
  /** There and back. */
  readonly roundTripMs: number;
}

export interface FarLine extends AsyncDisposable {
  readonly url: string;
}

/** Held on the way before whoever sends has to wait: more than is under way at 1 Gbit/s and 50 ms. */
const MOST_HELD = 8 * 1_048_576;

/** Stands before a server as if it were far away: every byte comes late, and no more than so many a second. */
export async function startFarLine(target: string, quality: LineQuality): Promise<FarLine> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const line = { free: 0 };
  const server = createServer((reader) => {
    const origin = connect(Number(port), hostname);
    for (const socket of [reader, origin]) {
      sockets.add(socket.setNoDelay());
      socket.once('close', () => {
        sockets.delete(socket);
        reader.destroy();
        origin.destroy();
      });
      socket.on('error', () => socket.destroy());
    }
    carry(reader, origin, { ...quality, bytesPerSecond: Number.POSITIVE_INFINITY }, { free: 0 });
    // All connections share what comes down.
    carry(origin, reader, quality, line);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('The line has no port.');
  return {
    url: `http://127.0.0.1:${bound.port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

function carry(
  from: Socket,
  to: Socket,
  { bytesPerSecond, roundTripMs }: LineQuality,
  line: { free: number },
): void {
  let held = 0;
  from.on('data', (piece) => {
    const now = performance.now();
    line.free = Math.max(line.free, now) + (piece.length * 1000) / bytesPerSecond;
    held += piece.length;
    if (held > MOST_HELD) from.pause();
    setTimeout(
      () => {
        held -= piece.length;
        if (held <= MOST_HELD) from.resume();
        if (!to.destroyed) to.write(piece);
      },
      line.free + roundTripMs / 2 - now,
    );
  });
  from.once('end', () => setTimeout(() => to.end(), roundTripMs / 2));
}
