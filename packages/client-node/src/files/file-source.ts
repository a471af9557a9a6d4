import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  read,
  readSync,
  statSync,
} from 'node:fs';
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
  const size = Number(stats.size);
  const opened = fileOf(stats);
  let replaced = 0;
  return {
    path,
    size,
    modifiedAt: millisecondOf(stats.mtimeNs),
    executable: (stats.mode & 0o111n) !== 0n,
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
      const { file, state } = identityOf(path, open.fd);
      // What is open here is not what the path names any more: equal to no answer, past or future.
      if (file !== opened) return `${state} replaced ${++replaced}`;
      return state;
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
  const stats = fstatSync(fd, { bigint: true });
  const fault = faultOf(fd, stats, path);
  if (fault === null) return stats;
  closeSync(fd);
  throw fault;
}

function faultOf(fd: number, stats: BigIntStats, path: string): unknown {
  if (!stats.isFile()) return new ClientError('local-file', `${path}: not a file.`);
  if (stats.size > 0n) return null;
  try {
    // The system's own files (/proc, /sys) have no size, and other content at every look.
    if (readSync(fd, Buffer.alloc(1), { position: 0 }) === 0) return null;
    return new ClientError('local-file', `${path}: not an ordinary file, it has no size.`);
  } catch (error) {
    return localError(error, path);
  }
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

/**
 * By path, not by descriptor: a file that was replaced has changed too. One that was renamed, so that
 * nothing is at its path, hasn't; what it was opened for can still be done.
 */
function identityOf(path: string, fd: number): { readonly file: string; readonly state: string } {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false }) ?? statRenamed(fd, path);
    return { file: fileOf(stats), state: `${fileOf(stats)}:${stats.size}:${stats.mtimeNs}` };
  } catch (error) {
    throw localError(error, path);
  }
}

function statRenamed(fd: number, path: string): BigIntStats {
  const stats = fstatSync(fd, { bigint: true });
  if (stats.nlink === 0n) throw new ClientError('content-changed', `${path} was deleted.`);
  return stats;
}

function fileOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/**
 * The nearest one: a time set by the millisecond may stand on the disk some nanoseconds before it,
 * and `stats.mtime` of exact times is cut off.
 */
function millisecondOf(nanoseconds: bigint): Date {
  return new Date(Number((nanoseconds + 500_000n) / 1_000_000n));
}
