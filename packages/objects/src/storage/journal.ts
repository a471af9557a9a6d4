import type { Disk } from './disk.ts';
import { type DiskFile, readAt, writeWhole } from './file-io.ts';
import { byNumber, openSegments, type RetiredSegment } from './journal-folder.ts';
import {
  decodeFrame,
  type EncodedFrame,
  type Frame,
  findMagic,
  MAX_FRAME,
  sealBatch,
} from './journal-record.ts';
import {
  createSegment,
  JournalDamaged,
  type OnDamage,
  SEGMENT_HEAD,
  type Segment,
} from './segment.ts';

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
 * 4. A compaction repeats in new segments what is alive in old ones and then starts a segment
 *    whose head says from which one on the journal counts. That head's rename is the moment. The
 *    older segments are retired: they stay for a while, for whoever copies the folder just then and
 *    has seen them listed, but not the new one. Any run of segments up to the last can be replayed:
 *    what is alive was stated by the newest of them, what is gone is gone by their records.
 */

/** Rotation size. Small enough that a store with little in it is compacted, too. */
const SEGMENT_LIMIT = 256 * 1024 * 1024;
const READ_SIZE = 8 * 1024 * 1024;

export interface JournalPosition {
  readonly segment: number;
  readonly offset: number;
}

export interface ReadFrame {
  readonly frame: Frame;
  readonly at: JournalPosition;
}

export class Journal {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #segments = new Map<number, Segment>();
  /** No longer part of the journal, but still read from. */
  readonly #dropped = new Map<number, Segment>();
  #retired: readonly RetiredSegment[];
  #current: Segment;
  #lastBatch = 0;
  /** Frames missing from the last batch that was read: then that is the one the power cut. */
  #unread = 0;

  private constructor(
    place: { disk: Disk; folder: string },
    { segments, retired }: { segments: readonly Segment[]; retired: readonly RetiredSegment[] },
  ) {
    this.#disk = place.disk;
    this.#folder = place.folder;
    this.#retired = retired;
    for (const segment of segments) this.#segments.set(segment.number, segment);
    const last = segments.at(-1);
    if (!last) throw new JournalDamaged('the journal has no segment');
    this.#current = last;
  }

  /** Opens the journal, or makes one if the folder has none; `made` says which. */
  static async open(
    folder: string,
    disk: Disk,
    onDamage?: OnDamage,
  ): Promise<{ journal: Journal; made: boolean }> {
    const found = await openSegments({ folder, disk }, onDamage);
    const made = found.segments.length === 0;
    const segments = made
      ? [await createSegment(disk, folder, { number: 1, first: 1 })]
      : found.segments;
    const { retired } = found;
    return { journal: new Journal({ disk, folder }, { segments, retired }), made };
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

  /** Bytes of all segments. */
  get size(): number {
    let size = 0;
    for (const segment of this.#segments.values()) size += segment.size;
    return size;
  }

  /** Bytes of retired segments, which are on the disk as well. */
  get retiredSize(): number {
    return this.#retired.reduce((sum, { size }) => sum + size, 0);
  }

  /** Distinguishes a segment from others of its number, so that a foreign index is noticed. */
  saltOf(segment: number): number {
    return this.#segments.get(segment)?.salt ?? 0;
  }

  /** Continues counting after what an index has seen. */
  continueAfter(batch: number): void {
    this.#lastBatch = Math.max(this.#lastBatch, batch);
  }

  has(position: JournalPosition): boolean {
    const segment = this.#segments.get(position.segment);
    return segment !== undefined && position.offset <= segment.size;
  }

  /** For reading inline content; stays open until `release`. */
  hold(number: number): DiskFile {
    const segment = this.#segments.get(number);
    if (!segment) throw new JournalDamaged(`journal segment ${number} is missing`);
    segment.holds += 1;
    return segment.file;
  }

  release(number: number): void {
    const segment = this.#segments.get(number) ?? this.#dropped.get(number);
    if (!segment) return;
    segment.holds -= 1;
    if (segment.holds > 0 || !this.#dropped.delete(number)) return;
    // Only read from: closing it can't lose anything.
    segment.file.close().catch(() => undefined);
  }

  /** Starts a new segment when the current one is full. Call before encoding a batch. */
  async rotateIfFull(): Promise<void> {
    if (this.#current.size >= SEGMENT_LIMIT) await this.rotate();
  }

  /**
   * Starts a new segment; answers its number. With `first`, segments below that one are needed no
   * more from the moment the new one is durable, and are retired.
   */
  async rotate(first: number = this.start.segment): Promise<number> {
    const number = this.#current.number + 1;
    const next = await createSegment(this.#disk, this.#folder, { number, first });
    this.#segments.set(number, next);
    this.#current = next;
    for (const segment of [...this.#segments.values()]) {
      if (segment.number < first) await this.#retire(segment);
    }
    return number;
  }

  async #retire(segment: Segment): Promise<void> {
    const { number, path, size } = segment;
    this.#segments.delete(number);
    this.#retired = [...this.#retired, { number, path, size, since: Date.now() }];
    if (segment.holds === 0) await segment.file.close();
    else this.#dropped.set(number, segment);
  }

  /** Removes segments that were retired before that time (ms since the epoch), oldest first. */
  async removeRetired(before: number): Promise<void> {
    const going = this.#retired.filter(({ since }) => since < before);
    this.#retired = this.#retired.filter(({ since }) => since >= before);
    for (const { path } of going) {
      // What stays is found again at the next start.
      await this.#disk.unlink(path).catch(() => undefined);
    }
  }

  /** Appends one batch; when this returns it is durable. Throws with nothing kept. */
  async append(frames: readonly EncodedFrame[]): Promise<void> {
    const { file, size, salt } = this.#current;
    const batch = this.#lastBatch + 1;
    sealBatch(frames, batch, salt);
    const buffers = frames.flatMap((frame) =>
      frame.inline.length ? [frame.head, frame.inline] : [frame.head],
    );
    const length = frames.reduce((sum, frame) => sum + frame.length, 0);
    try {
      await writeWhole(file, buffers, size);
      await file.datasync();
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
      await this.#current.file.truncate(size);
      await this.#current.file.datasync();
    } catch (cause) {
      throw new JournalDamaged('the journal could not be cut back', { cause });
    }
    this.#current.size = size;
  }

  /**
   * All frames from `position` on, in order, with where each starts. Cuts off a torn end.
   * Throws JournalDamaged if acknowledged frames can't be read; with `onDamage` goes on behind.
   */
  async *replay(position: JournalPosition, onDamage?: OnDamage): AsyncGenerator<ReadFrame> {
    const numbers = [...this.#segments.keys()].filter((n) => n >= position.segment).sort(byNumber);
    for (const number of numbers) {
      const segment = this.#segments.get(number);
      if (!segment) continue;
      let from = number === position.segment ? position.offset : SEGMENT_HEAD;
      while (from < segment.size) {
        for await (const { frame, offset } of framesOf(segment, from)) {
          this.#lastBatch = frame.batch;
          this.#unread = frame.following;
          yield { frame, at: { segment: number, offset } };
          from = offset + frame.length;
        }
        if (from < segment.size) from = await this.#passDamage(segment, from, onDamage);
      }
    }
  }

  /** Frames that are durable, from `position` on; may run while others are appended. */
  async *durableFrom(position: JournalPosition): AsyncGenerator<ReadFrame> {
    for (let number = position.segment; number <= this.#current.number; number += 1) {
      const segment = this.#segments.get(number);
      if (!segment) continue;
      const from = number === position.segment ? position.offset : SEGMENT_HEAD;
      for await (const { frame, offset } of framesOf(segment, from)) {
        yield { frame, at: { segment: number, offset } };
      }
    }
  }

  /** Answers where reading goes on behind damage at `offset`: the end, once that is cut off. */
  async #passDamage(segment: Segment, offset: number, onDamage?: OnDamage): Promise<number> {
    const where = `segment ${segment.number} at byte ${offset}`;
    const torn = this.#unread > 0 ? this.#lastBatch : this.#lastBatch + 1;
    if (segment === this.#current && (await findFrame(segment, offset + 1, torn)) === null) {
      this.#unread = 0;
      await this.takeBack(offset);
      return offset;
    }
    if (!onDamage) {
      throw new JournalDamaged(`the journal is damaged in ${where}, before acknowledged records`);
    }
    const to = (await findFrame(segment, offset + 1, 0)) ?? segment.size;
    onDamage(`the journal is damaged in ${where}`, { segment: segment.number, from: offset, to });
    return to;
  }

  async close(): Promise<void> {
    for (const segment of this.#segments.values()) await segment.file.close();
  }
}

/** The intact frames of a segment from `from` on, up to the first that isn't one. */
async function* framesOf(
  segment: Segment,
  from: number,
): AsyncGenerator<{ frame: Frame; offset: number }> {
  let offset = from;
  while (offset < segment.size) {
    const length = Math.min(READ_SIZE, segment.size - offset);
    const window = await readAt(segment.file, offset, length);
    let at = 0;
    for (;;) {
      const frame = decodeFrame(window, at, segment.salt);
      if (!frame) break;
      yield { frame, offset: offset + at };
      at += frame.length;
    }
    // Less than a whole frame left in the window: read on from there, unless it is the damage.
    if (at === 0 || (offset + at < segment.size && window.length - at >= MAX_FRAME)) return;
    offset += at;
  }
}

/** Where the first intact frame of a later batch than `after` starts, at or behind `from`. */
async function findFrame(segment: Segment, from: number, after: number): Promise<number | null> {
  for (let offset = from; offset < segment.size; ) {
    const length = Math.min(READ_SIZE, segment.size - offset);
    const window = await readAt(segment.file, offset, length);
    for (let at = findMagic(window, 0); at >= 0; at = findMagic(window, at + 1)) {
      const frame = decodeFrame(window, at, segment.salt);
      if (frame && frame.batch > after) return offset + at;
    }
    if (length < READ_SIZE) return null;
    // A frame may begin in this window and end in the next.
    offset += length - MAX_FRAME;
  }
  return null;
}
