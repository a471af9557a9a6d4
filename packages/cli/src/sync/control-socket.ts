import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ResumeOptions } from '@valise/sync';

/** What is asked of a running agent; one JSON line each way. */
export type ControlRequest =
  /** `path`: of one file or folder, as it was typed and from the root of the disk. */
  | { readonly command: 'status'; readonly path?: string }
  | { readonly command: 'pause' }
  | ({ readonly command: 'resume' } & ResumeOptions)
  | { readonly command: 'choose'; readonly path: string; readonly isWanted: boolean };

/** Instead of an answer: it couldn't be done, and why. */
export interface ControlRefusal {
  readonly refused: string;
}

/** Unix sockets have short names. */
const LONGEST_PATH = 100;

/** Windows has its local sockets in a place of their own, apart from files. */
const PIPES = '\\\\.\\pipe\\';

/** Where the agent of this state folder listens. */
export function socketPath(stateDir: string, system: NodeJS.Platform = process.platform): string {
  const path = join(stateDir, 'agent.sock');
  if (system !== 'win32' && path.length <= LONGEST_PATH) return path;
  const name = `valise-${createHash('sha256').update(stateDir).digest('hex').slice(0, 16)}`;
  return system === 'win32' ? `${PIPES}${name}` : join(tmpdir(), `${name}.sock`);
}

/**
 * Listens; only this user can connect, as the folder is theirs. Others may not write to a pipe, so
 * nobody else can ask anything there either.
 */
export async function serveControl(
  path: string,
  answer: (request: ControlRequest) => Promise<unknown>,
): Promise<Server> {
  if (!path.startsWith(PIPES)) makeRoom(path);
  const server = createServer((socket) => {
    const hangUp = () => socket.destroy();
    socket.on('error', hangUp);
    const lines = createInterface({ input: socket });
    // It passes on what breaks the socket.
    lines.on('error', hangUp);
    lines.on('line', (line): void => {
      const request = parse(line);
      if (request === null) {
        hangUp();
        return;
      }
      const send = (answered: unknown) => socket.end(`${JSON.stringify(answered)}\n`);
      // A pause that the disk can't note is none: whoever asked for it hears no answer.
      answer(request).then(send, hangUp);
    });
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(path, resolve);
  await promise;
  return server;
}

/** A pipe goes with its process; a socket's file stays. */
function makeRoom(path: string): void {
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  // Whoever could still listen there holds the database, and we would not have come so far.
  rmSync(path, { force: true });
}

/** Null for what this program doesn't ask. */
function parse(line: string): ControlRequest | null {
  try {
    const request = JSON.parse(line) as ControlRequest | null;
    return typeof request?.command === 'string' ? request : null;
  } catch {
    return null;
  }
}

/** Null when no agent listens there. */
export async function askAgent(path: string, request: ControlRequest): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const socket = connect(path, () => socket.write(`${JSON.stringify(request)}\n`));
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (piece: string) => {
    text += piece;
  });
  socket.on('end', () => resolve(text === '' ? null : JSON.parse(text)));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(null);
    else reject(error);
  });
  return promise;
}
