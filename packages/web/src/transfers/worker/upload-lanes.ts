import { createStreamHasher, type TransferDeps, type UploadRef } from '@valise/client';
import { SINGLE_PUT_LIMIT } from '@valise/core/plan';
import type { File as StoredFile } from '@valise/core/wire';
import { type LargeDeps, sendLarge } from './large-lane.ts';
import { sendSmall } from './small-lane.ts';
import type { Transfer } from './transfer.ts';
import type { UploadJournal } from './upload-journal.ts';

/** One is hashed while another is sent; each is parallel in itself. */
const LARGE_AT_ONCE = 2;

export interface LanesDeps extends LargeDeps {
  readonly journal: UploadJournal;
  onPending(transfer: Transfer, upload: UploadRef): void;
  onDone(transfer: Transfer, file: StoredFile): void;
  /** Also of one that was stopped. */
  onFailed(transfer: Transfer, error: unknown): void;
}

/** The queues: small files travel in batches, large ones by themselves beside them. */
export class UploadLanes {
  readonly #deps: LanesDeps;
  readonly #smallDeps: TransferDeps;
  #small: Transfer[] = [];
  #large: Transfer[] = [];
  readonly #running = new Set<Transfer>();
  #smallRunning: AbortController | null = null;

  constructor(deps: LanesDeps) {
    this.#deps = deps;
    this.#smallDeps = { ...deps, hasher: createStreamHasher(deps.ambient) };
  }

  /** Puts one at the end of its queue; `pump` starts it. */
  queue(transfer: Transfer): void {
    if (transfer.phase !== 'waiting') transfer.set('waiting');
    const isSmall = transfer.entry.size <= SINGLE_PUT_LIMIT;
    (isSmall ? this.#small : this.#large).push(transfer);
  }

  /** Starts what there is room for. */
  pump(): void {
    if (this.#smallRunning === null && this.#small.length > 0) void this.#runSmall();
    // A paused one holds no connection, so it holds no place either.
    const active = () => [...this.#running].filter(({ phase }) => phase !== 'paused').length;
    while (active() < LARGE_AT_ONCE) {
      const transfer = this.#large.shift();
      if (transfer === undefined) return;
      if (transfer.phase === 'waiting') void this.#runLarge(transfer);
    }
  }

  /** Takes the paused ones out of the queues; to be queued anew when they are resumed. */
  dropPaused(): void {
    this.#small = this.#small.filter(({ phase }) => phase !== 'paused');
    this.#large = this.#large.filter(({ phase }) => phase !== 'paused');
  }

  /** Stops all that is under way. */
  stop(reason: Error): void {
    for (const { run, phase } of this.#running) if (phase !== 'paused') run?.stop.abort(reason);
    this.#smallRunning?.abort(reason);
  }

  async #runSmall(): Promise<void> {
    const { onPending, onDone, onFailed } = this.#deps;
    const stop = new AbortController();
    this.#smallRunning = stop;
    const taken = new Set<Transfer>();
    try {
      await sendSmall(this.#smallDeps, {
        signal: stop.signal,
        onPending,
        next: () => {
          const transfer = this.#small.find(({ phase }) => phase === 'waiting');
          if (transfer === undefined) return undefined;
          this.#small.splice(0, this.#small.indexOf(transfer) + 1);
          taken.add(transfer);
          return transfer;
        },
        onOutcome: (outcome) => {
          const { transfer } = outcome.item;
          taken.delete(transfer);
          if (outcome.kind === 'done') onDone(transfer, outcome.file);
          else onFailed(transfer, outcome.error);
        },
      });
    } catch (error) {
      // It concerns all that were under way, whatever became of each.
      for (const transfer of taken) onFailed(transfer, error);
    } finally {
      this.#smallRunning = null;
      this.pump();
    }
  }

  async #runLarge(transfer: Transfer): Promise<void> {
    const { onDone, onFailed } = this.#deps;
    this.#running.add(transfer);
    try {
      const { file } = await sendLarge(this.#deps, transfer, this.#deps);
      onDone(transfer, file);
    } catch (error) {
      onFailed(transfer, error);
    } finally {
      transfer.run = null;
      this.#running.delete(transfer);
      this.pump();
    }
  }
}
