import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readAt, syncFolder, writeWhole } from './file-io.ts';
import {
  decodeFrame,
  type EncodedFrame,
  type Frame,
  findMagic,
  MAX_FRAME,
  sealBatch,
} from './journal-record.ts';

/*
 * The journal is the truth of the store: checksummed frames appended to segments `<n>.log`.
 *
 * 1. Only one batch is on its way at a time; `append` returns once the batch is on the disk
 *    (write, fdatasync). Requests that arrive meanwhile form the next batch.
 * 2. A batch that could not be written is taken back (truncate, fdatasync). If even that fails
 *    the journal is broken and the process must end: the next start finds out what is there.
 * 3. At start the frames are read up to the first that isn't intact. If that is the unfinished
 *    end of the last segment, it is cut off: nothing there was ever acknowledged. If an intact
 *    frame of a *later* batch follows, the damage lies in acknowledged data and the start is
 *    refused: a batch is only written once its predecessor is durable.
 */

const SEGMENT_HEAD = 16;
const SEGMENT_MAGIC = Buffer.from('VALJRNL1');
/** Rotation size. Bounds what one compaction step has to move. */
const SEGMENT_LIMIT = 256 * 1024 * 1024;
const READ_SIZE = 8 * 1024 * 1024;

export interface JournalPosition {
  readonly segment: number;
  readonly offset: number;
}

export class JournalDamaged extends Error {}

interface Segment {
  readonly number: number;
  readonly handle: FileHandle;
  readonly salt: number;
  size: number;
}

export class Journal {
  readonly #folder: string;
  readonly #segments = new Map<number, Segment>();
  #current: Segment;
  #lastBatch = 0;
  /** Frames missing from the last batch that was read: then that is the one the power cut. */
  #unread = 0;

  private constructor(folder: string, segments: readonly Segment[], current: Segment) {
    this.#folder = folder;
    for (const segment of segments) this.#segments.set(segment.number, segment);
    this.#current = current;
  }

  static async open(folder: string): Promise<Journal> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const names = (await readdir(folder)).filter((name) => /^\d{8}\.log$/.test(name)).sort();
    const segments: Segment[] = [];
    for (const name of names) {
      const last = name === names.at(-1);
      segments.push(await openSegment(folder, Number.parseInt(name, 10), last));
    }
    const current = segments.at(-1) ?? (await createSegment(folder, 1));
    return new Journal(folder, segments.length ? segments : [current], current);
  }

  /** Distinguishes this journal from any other, so that a foreign index is noticed. */
  get identity(): number {
    const first = Math.min(...this.#segments.keys());
    return this.#segments.get(first)?.salt ?? 0;
  }

  get start(): JournalPosition {
    return { segment: Math.min(...this.#segments.keys()), offset: SEGMENT_HEAD };
  }

  /** Where the next frame will stand. */
  get end(): JournalPosition {
    return { segment: this.#current.number, offset: this.#current.size };
  }

  get lastBatch(): number {
    return this.#lastBatch;
  }

  /** Continues counting after what an index has seen. */
  continueAfter(batch: number): void {
    this.#lastBatch = Math.max(this.#lastBatch, batch);
  }

  has(position: JournalPosition): boolean {
    const segment = this.#segments.get(position.segment);
    return segment !== undefined && position.offset <= segment.size;
  }

  /** For reading inline content; stays open as long as the journal. */
  handleOf(segment: number): FileHandle {
    const found = this.#segments.get(segment);
    if (!found) throw new JournalDamaged(`journal segment ${segment} is missing`);
    return found.handle;
  }

  /** Starts a new segment when the current one is full. Call before encoding a batch. */
  async rotateIfFull(): Promise<void> {
    if (this.#current.size < SEGMENT_LIMIT) return;
    const next = await createSegment(this.#folder, this.#current.number + 1);
    this.#segments.set(next.number, next);
    this.#current = next;
  }

  /** Appends one batch; when this returns it is durable. Throws with nothing kept. */
  async append(frames: readonly EncodedFrame[]): Promise<void> {
    const { handle, size, salt } = this.#current;
    const batch = this.#lastBatch + 1;
    sealBatch(frames, batch, salt);
    const buffers = frames.flatMap((frame) =>
      frame.inline.length ? [frame.head, frame.inline] : [frame.head],
    );
    const length = frames.reduce((sum, frame) => sum + frame.length, 0);
    try {
      await writeWhole(handle, buffers, size);
      await handle.datasync();
    } catch (error) {
      await this.takeBack(size);
      throw error;
    }
    this.#current.size = size + length;
    this.#lastBatch = batch;
  }

  /** Cuts the current segment back to `size`: the last batch was not acknowledged. */
  async takeBack(size: number): Promise<void> {
    try {
      await this.#current.handle.truncate(size);
      await this.#current.handle.datasync();
    } catch (cause) {
      throw new JournalDamaged('the journal could not be cut back', { cause });
    }
    this.#current.size = size;
  }

  /**
   * All frames from `position` on, in order, with where each starts. Cuts off a torn end.
   * Throws JournalDamaged if acknowledged frames can't be read.
   */
  async *replay(position: JournalPosition): AsyncGenerator<{ frame: Frame; at: JournalPosition }> {
    const numbers = [...this.#segments.keys()].filter((n) => n >= position.segment).sort(byNumber);
    for (const number of numbers) {
      const segment = this.#segments.get(number);
      if (!segment) continue;
      const from = number === position.segment ? position.offset : SEGMENT_HEAD;
      for await (const { frame, offset } of this.#framesOf(segment, from)) {
        this.#lastBatch = frame.batch;
        this.#unread = frame.following;
        yield { frame, at: { segment: number, offset } };
      }
    }
  }

  async *#framesOf(
    segment: Segment,
    from: number,
  ): AsyncGenerator<{ frame: Frame; offset: number }> {
    let offset = from;
    while (offset < segment.size) {
      const window = await readAt(
        segment.handle,
        offset,
        Math.min(READ_SIZE, segment.size - offset),
      );
      let at = 0;
      for (;;) {
        const frame = decodeFrame(window, at, segment.salt);
        if (!frame) break;
        yield { frame, offset: offset + at };
        at += frame.length;
      }
      // Less than a whole frame left in the window: read on from there, unless it is the damage.
      if (at === 0 || (offset + at < segment.size && window.length - at >= MAX_FRAME)) {
        await this.#cutTail(segment, offset + at);
        return;
      }
      offset += at;
    }
  }

  async #cutTail(segment: Segment, offset: number): Promise<void> {
    const where = `segment ${segment.number} at byte ${offset}`;
    if (segment !== this.#current) throw new JournalDamaged(`the journal is damaged in ${where}`);
    const rest = await readAt(segment.handle, offset, segment.size - offset);
    const torn = this.#unread > 0 ? this.#lastBatch : this.#lastBatch + 1;
    for (let at = findMagic(rest, 1); at >= 0; at = findMagic(rest, at + 1)) {
      const frame = decodeFrame(rest, at, segment.salt);
      if (frame && frame.batch > torn) {
        throw new JournalDamaged(`the journal is damaged in ${where}, before acknowledged records`);
      }
    }
    this.#unread = 0;
    await this.takeBack(offset);
  }

  async close(): Promise<void> {
    for (const segment of this.#segments.values()) await segment.handle.close();
  }
}

const byNumber = (a: number, b: number): number => a - b;

function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(8, '0')}.log`);
}

async function createSegment(folder: string, number: number): Promise<Segment> {
  const handle = await open(segmentPath(folder, number), 'w+', 0o600);
  const head = Buffer.concat([SEGMENT_MAGIC, randomBytes(8)]);
  await handle.write(head, 0, head.length, 0);
  await handle.sync();
  await syncFolder(folder);
  return { number, handle, salt: head.readUInt32BE(8), size: SEGMENT_HEAD };
}

async function openSegment(folder: string, number: number, last: boolean): Promise<Segment> {
  const handle = await open(segmentPath(folder, number), 'r+');
  const { size } = await handle.stat();
  const head = await readAt(handle, 0, Math.min(size, SEGMENT_HEAD));
  if (head.length === SEGMENT_HEAD && head.subarray(0, 8).equals(SEGMENT_MAGIC)) {
    return { number, handle, salt: head.readUInt32BE(8), size };
  }
  await handle.close();
  // Created, but the power went before its head was on the disk: it never held a record.
  if (last && size <= SEGMENT_HEAD) return createSegment(folder, number);
  throw new JournalDamaged(`journal segment ${number} has no valid head`);
}
