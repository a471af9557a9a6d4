import type { Journal } from './journal.ts';
import { type EncodedFrame, encodeFrame, type JournalRecord } from './journal-record.ts';
import type { ObjectIndex } from './object-index.ts';
import type { WritableIndex } from './writable-index.ts';

/** What a decision puts into the journal, and what its caller gets once that is durable. */
export interface Decision<T> {
  readonly records: readonly JournalRecord[];
  /** Bytes that the (single) record carries itself. */
  readonly inline?: Buffer;
  readonly result: T;
}

/** Judges preconditions against the index as it stands after everything decided before. */
export type Decide<T> = (index: ObjectIndex) => Decision<T>;

interface Command {
  readonly decide: Decide<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** More would make the first of a batch wait for the last. */
const BATCH_COMMANDS = 256;
/** Bounds the memory and the write of one batch. */
const BATCH_BYTES = 8 * 1024 * 1024;

/**
 * The only writer. Per batch: (1) index transaction opens; (2) each command decides, its records
 * are applied and encoded; (3) frames are appended and fdatasynced; (4) index commits; (5) callers
 * learn, blobs that became garbage go. So readers see only what is durable, concurrent requests
 * share one fdatasync, and two writers of one key are judged one after the other. Any failure of
 * (1)–(4) undoes the batch on both sides and fails all its callers.
 */
export class CommitQueue {
  readonly #journal: Journal;
  readonly #index: WritableIndex;
  readonly #onGarbage: (blobs: readonly string[]) => void;
  readonly #onBroken: (error: unknown) => void;
  readonly #onCommitted: () => void;
  #waiting: Command[] = [];
  #between: (() => Promise<void>)[] = [];
  #running: Promise<void> | null = null;
  #broken: unknown = null;

  constructor(
    journal: Journal,
    index: WritableIndex,
    hooks: {
      onGarbage(blobs: readonly string[]): void;
      onBroken(error: unknown): void;
      onCommitted(): void;
    },
  ) {
    this.#journal = journal;
    this.#index = index;
    this.#onGarbage = hooks.onGarbage;
    this.#onBroken = hooks.onBroken;
    this.#onCommitted = hooks.onCommitted;
  }

  submit<T>(decide: Decide<T>): Promise<T> {
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ decide, resolve: resolve as (result: unknown) => void, reject });
      this.#running ??= this.#run();
    });
  }

  /** Runs `work` when no batch is on its way; batches wait for it. */
  between<T>(work: (index: ObjectIndex) => Promise<T>): Promise<T> {
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise<T>((resolve, reject) => {
      this.#between.push(() => work(this.#index).then(resolve, reject));
      this.#running ??= this.#run();
    });
  }

  /** Resolves when everything submitted so far is settled. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    // The first command of an idle store starts at once; what arrives in this tick joins it.
    await Promise.resolve();
    while (this.#waiting.length + this.#between.length > 0) {
      await this.#between.shift()?.();
      if (this.#waiting.length > 0) await this.#commitBatch();
    }
    this.#running = null;
  }

  async #commitBatch(): Promise<void> {
    const taken: Command[] = [];
    const settle: (() => void)[] = [];
    try {
      await this.#journal.rotateIfFull();
      this.#index.begin();
      const { frames, garbage } = this.#decideAll(taken, settle);
      if (frames.length > 0) await this.#makeDurable(frames);
      else this.#index.rollback();
      for (const tell of settle) tell();
      this.#onGarbage(garbage);
      if (frames.length > 0) this.#onCommitted();
    } catch (error) {
      this.#undo(error);
      if (taken.length === 0) taken.push(...this.#waiting.splice(0));
      for (const command of taken) command.reject(error);
    }
  }

  #decideAll(
    taken: Command[],
    settle: (() => void)[],
  ): { frames: EncodedFrame[]; garbage: string[] } {
    const frames: EncodedFrame[] = [];
    const garbage: string[] = [];
    const { segment, offset: start } = this.#journal.end;
    let offset = start;
    while (taken.length < BATCH_COMMANDS && offset - start < BATCH_BYTES) {
      const command = this.#waiting.shift();
      if (!command) break;
      taken.push(command);
      const decision = this.#decide(command, settle);
      for (const record of decision?.records ?? []) {
        const frame = encodeFrame(record, decision?.inline);
        garbage.push(
          ...this.#index.apply(record, { segment, offset: offset + frame.inlineOffset }),
        );
        offset += frame.length;
        frames.push(frame);
      }
    }
    const salt = this.#journal.saltOf(segment);
    this.#index.moveTo({ segment, salt, offset, batch: this.#journal.lastBatch + 1 });
    return { frames, garbage };
  }

  #decide(command: Command, settle: (() => void)[]): Decision<unknown> | null {
    try {
      const decision = command.decide(this.#index);
      settle.push(() => command.resolve(decision.result));
      return decision;
    } catch (error) {
      settle.push(() => command.reject(error));
      return null;
    }
  }

  async #makeDurable(frames: readonly EncodedFrame[]): Promise<void> {
    const before = this.#journal.end.offset;
    await this.#journal.append(frames);
    try {
      this.#index.commit();
    } catch (error) {
      // The index could not take it (a full disk): nothing was acknowledged, so take it back.
      await this.#journal.takeBack(before);
      throw error;
    }
  }

  #undo(error: unknown): void {
    try {
      this.#index.rollback();
    } catch (cause) {
      this.#broken = cause;
      this.#onBroken(cause);
    }
    if (!isFullDisk(error)) {
      this.#broken = error;
      this.#onBroken(error);
    }
  }
}

const SQLITE_FULL = 13;

export function isFullDisk(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as Error & { code?: string; errcode?: number };
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG' || errcode === SQLITE_FULL;
}
