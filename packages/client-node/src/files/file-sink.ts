import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ClientError, type ContentSink, type SinkContent } from '@valise/client';
import {
  DIRECT_ALIGNMENT,
  directSpan,
  isUnsupported,
  openDirect,
  type Span,
} from './direct-file.ts';
import { syncFolder } from './folder-sync.ts';
import { localError } from './local-errors.ts';
import {
  type PartialNotes,
  type PartialPaths,
  partialPaths,
  readNotes,
  removePartial,
  writeNotes,
} from './partial-file.ts';
import { RangeSet } from './range-set.ts';

/** Bytes between two notes on the progress: what a power cut may cost. */
const NOTE_EVERY = 32 * 1_048_576;
/**
 * Bytes that may gather before the disk is sent after them: the sync at the end then finds little
 * to do, as most was written while the rest was still arriving.
 */
const FLUSH_EVERY = 64 * 1_048_576;
/** Small files are quicker fetched again than continued. */
const WORTH_CONTINUING = 16 * 1_048_576;

/** Smaller files are left in the page cache: whoever fetches one probably opens it at once. */
const WORTH_DIRECT = 256 * 1_048_576;

export interface FileSinkOptions {
  readonly modifiedAt: Date;
  readonly executable: boolean;
  /**
   * It is taken from there at once, to where its name is made durable. For thousands of small files
   * that spares half of what waits for the disk's journal.
   */
  readonly isPassingThrough?: boolean;
}

/** Partial files that this very process is writing. */
const inUse = new Set<string>();

/**
 * A local file that appears whole or not at all: the bytes go to a hidden file beside the target,
 * which is synced and renamed at the end. That file and the notes on it outlive an interruption,
 * and the next attempt at the same target and content goes on from them.
 */
export function fileSink(target: string, options: FileSinkOptions): ContentSink {
  const sink = new FileSink(target, options);
  const guarded = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw localError(error, target);
    }
  };
  return {
    alignment: DIRECT_ALIGNMENT,
    open: (content) => guarded(sink.open(content)),
    read: (offset, length) => guarded(sink.read(offset, length)),
    write: (offset, bytes) => guarded(sink.write(offset, bytes)),
    finish: () => guarded(sink.finish()),
    abort: (how) => guarded(sink.abort(how)),
  };
}

class FileSink {
  readonly #target: string;
  readonly #options: FileSinkOptions;
  #paths: PartialPaths;
  #file: FileHandle | null = null;
  #direct: FileHandle | null = null;
  #content: SinkContent = { size: 0, fingerprint: null };
  #written = new RangeSet();
  #unnoted = 0;
  #unflushed = 0;
  #flushing: Promise<void> | null = null;
  /** Kept until the end, because a sync may tell an error only once. */
  #flushFailure: { readonly error: unknown } | null = null;
  #hasNotes = false;
  #noting: Promise<void> | null = null;

  constructor(target: string, options: FileSinkOptions) {
    this.#target = target;
    this.#options = options;
    this.#paths = partialPaths(target);
  }

  async open(content: SinkContent) {
    this.#content = content;
    const notes = await this.#readNotes();
    this.#hasNotes = notes !== null;
    if (inUse.has(this.#paths.bytes) || (notes !== null && isAlive(notes.pid))) {
      this.#paths = partialPaths(this.#target, randomBytes(6).toString('hex'));
    }
    inUse.add(this.#paths.bytes);
    try {
      return await this.#begin(content, notes);
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  /** Of a small file there are none; only another one's, of the same target, could be. */
  async #readNotes(): Promise<PartialNotes | null> {
    const isSmall = this.#content.size < WORTH_CONTINUING;
    if (isSmall && this.#options.isPassingThrough === true) return null;
    return readNotes(this.#paths.notes);
  }

  async #begin(content: SinkContent, notes: PartialNotes | null) {
    const same = notes?.fingerprint === content.fingerprint && notes?.size === content.size;
    const file = same ? await openIfThere(this.#paths.bytes) : null;
    this.#file = file ?? (await this.#create());
    if (content.size >= WORTH_DIRECT) this.#direct = await openDirect(this.#paths.bytes);
    if (file === null || notes === null) return [];
    // Unverified: what is not written again by this attempt was found to be right.
    for (const range of notes.ranges) this.#written.add(range);
    return notes.ranges;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#opened().read(buffer, 0, length, offset);
    return buffer.subarray(0, bytesRead);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const file = this.#opened();
    const { from, to } = await this.#writeDirect(offset, bytes);
    await writeAll(file, offset, bytes.subarray(0, from));
    await writeAll(file, offset + to, bytes.subarray(to));
    this.#written.add({ offset, size: bytes.length });
    this.#unnoted += bytes.length;
    this.#unflushed += bytes.length;
    if (this.#unflushed >= FLUSH_EVERY) this.#flush(file);
    if (this.#unnoted >= NOTE_EVERY) await this.#note();
  }

  async finish(): Promise<void> {
    const file = this.#opened();
    await this.#noting;
    await this.#flushing;
    if (this.#flushFailure !== null) throw this.#flushFailure.error;
    const { modifiedAt } = this.#options;
    // What was continued may once have held longer content.
    if (this.#hasNotes) await file.truncate(this.#content.size);
    await file.utimes(modifiedAt, modifiedAt);
    await file.sync();
    await this.#close();
    await rename(this.#paths.bytes, this.#target);
    if (this.#hasNotes) await removePartial(this.#paths);
    if (this.#options.isPassingThrough !== true) await syncFolder(dirname(this.#target));
  }

  async abort({ keep }: { readonly keep: boolean }): Promise<void> {
    if (this.#file === null) return;
    const { size, fingerprint } = this.#content;
    const worth = keep && fingerprint !== null && size >= WORTH_CONTINUING;
    if (worth) await this.#note();
    await this.#close();
    if (!worth) await removePartial(this.#paths);
  }

  /** Writes what can go straight to the disk, and answers what that was. */
  async #writeDirect(offset: number, bytes: Uint8Array): Promise<Span> {
    const span = directSpan(offset, bytes);
    const direct = this.#direct;
    if (direct === null || span.from === span.to) return { from: 0, to: 0 };
    try {
      await writeAll(direct, offset + span.from, bytes.subarray(span.from, span.to));
      return span;
    } catch (error) {
      if (!isUnsupported(error)) throw error;
      return { from: 0, to: 0 };
    }
  }

  #opened(): FileHandle {
    if (this.#file !== null) return this.#file;
    throw new ClientError('local-file', `${this.#target}: not open.`);
  }

  #create(): Promise<FileHandle> {
    // The umask decides who may read it, as for any new file.
    return open(this.#paths.bytes, 'w+', this.#options.executable ? 0o777 : 0o666);
  }

  async #note(): Promise<void> {
    const { size, fingerprint } = this.#content;
    await this.#noting;
    this.#unnoted = 0;
    if (fingerprint === null || size < WORTH_CONTINUING) return;
    this.#hasNotes = true;
    const ranges = this.#written.ranges;
    this.#noting = writeNotes(this.#paths.notes, { pid: process.pid, size, fingerprint, ranges });
    await this.#noting;
  }

  /** One at a time, and nobody waits for it before the end. */
  #flush(file: FileHandle): void {
    if (this.#flushing !== null) return;
    this.#unflushed = 0;
    this.#flushing = file
      .datasync()
      .catch((error: unknown) => {
        this.#flushFailure ??= { error };
      })
      .finally(() => {
        this.#flushing = null;
      });
  }

  async #close(): Promise<void> {
    // A descriptor isn't closed under a running sync.
    await this.#flushing;
    await Promise.all([this.#file?.close(), this.#direct?.close()]);
    this.#file = null;
    this.#direct = null;
    inUse.delete(this.#paths.bytes);
  }
}

async function writeAll(file: FileHandle, offset: number, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const left = bytes.length - done;
    done += (await file.write(bytes, done, left, offset + done)).bytesWritten;
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: alive, and somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
