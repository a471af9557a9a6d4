import { closeSync, constants, fstatSync, openSync, read, readSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ContentSource } from '@valise/client';
import { ClientError } from '@valise/client/errors';
import { localError } from './local-errors.ts';

const readAt = promisify(read);

/**
 * Reads up to here are done in place: a trip through the thread pool costs more than the read
 * itself, and thousands of small files make such trips by the thousand.
 */
const INLINE_READ = 256 * 1024;

/** A local file as content; `path` is for hashers that open it themselves. */
export interface FileSource extends ContentSource {
  readonly path: string;
  readonly modifiedAt: Date;
  readonly executable: boolean;
}

export function isFileSource(source: ContentSource): source is FileSource {
  return 'path' in source && typeof source.path === 'string';
}

/**
 * Opens a file for upload. Its size is the one it has now; whoever changes it later is found out by
 * `read` or `identity`. Throws `local-file` when it can't be read or isn't a file.
 */
export function fileSource(path: string): FileSource {
  const open = { fd: openFile(path) };
  const stats = statOpen(open.fd, path);
  const { size } = stats;
  return {
    path,
    size,
    modifiedAt: stats.mtime,
    executable: (stats.mode & 0o111) !== 0,
    async read(offset, length, { into, signal } = {}) {
      const buffer = into ?? Buffer.allocUnsafe(length);
      let done = 0;
      while (done < length) {
        signal?.throwIfAborted();
        const at = { length: length - done, position: offset + done };
        const count = await readSome(open.fd, buffer.subarray(done), { ...at, path });
        if (count === 0) {
          throw new ClientError('content-changed', `${path} became shorter while it was read.`);
        }
        done += count;
      }
      return buffer.subarray(0, length);
    },
    async identity() {
      return identityOf(path);
    },
    async close() {
      if (open.fd < 0) return;
      closeSync(open.fd);
      open.fd = -1;
    },
  };
}

function openFile(path: string): number {
  try {
    // NONBLOCK: opening a named pipe would wait for its other end.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw localError(error, path);
  }
}

function statOpen(fd: number, path: string) {
  const stats = fstatSync(fd);
  if (stats.isFile()) return stats;
  closeSync(fd);
  throw new ClientError('local-file', `${path}: not a file.`);
}

async function readSome(
  fd: number,
  buffer: Uint8Array,
  at: { readonly length: number; readonly position: number; readonly path: string },
): Promise<number> {
  const { length, position } = at;
  try {
    if (length <= INLINE_READ) return readSync(fd, buffer, { length, position });
    return (await readAt(fd, buffer, 0, length, position)).bytesRead;
  } catch (error) {
    throw localError(error, at.path);
  }
}

/** By path, not by descriptor: a file that was replaced has changed too. */
function identityOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
    return `${dev}:${ino}:${size}:${mtimeNs}`;
  } catch (error) {
    throw localError(error, path);
  }
}
