import { isActive, type TransferState } from './protocol.ts';

/** All transfers in one look; a new object whenever something changed. */
export interface TransfersSnapshot {
  readonly all: readonly TransferState[];
  readonly active: number;
  readonly failed: number;
  readonly waitingForFile: number;
  readonly done: number;
  /** Bytes of everything that isn't cancelled or skipped, and how much of it is done. */
  readonly total: number;
  readonly bytes: number;
  /** Bytes a second over the last moments. */
  readonly speed: number;
}

/** Over so much time speed is averaged: steady enough to read, quick enough to be true. */
const WINDOW_MS = 4_000;
/** What less shows is chance, and a time left guessed from it nonsense. */
const SHORTEST_MS = 1_000;

const NOTHING: TransfersSnapshot = {
  all: [],
  active: 0,
  failed: 0,
  waitingForFile: 0,
  done: 0,
  total: 0,
  bytes: 0,
  speed: 0,
};

/** What the page knows of its uploads, for `useSyncExternalStore`. */
export class TransferStore {
  readonly #transfers = new Map<string, TransferState>();
  readonly #listeners = new Set<() => void>();
  #samples: { readonly at: number; readonly bytes: number }[] = [];
  #snapshot: TransfersSnapshot = NOTHING;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): TransfersSnapshot => this.#snapshot;

  change(transfers: readonly TransferState[], now: number): void {
    for (const transfer of transfers) this.#transfers.set(transfer.id, transfer);
    this.#renew(now);
  }

  forget(ids: readonly string[], now: number): void {
    for (const id of ids) this.#transfers.delete(id);
    this.#renew(now);
  }

  #renew(now: number): void {
    const all = [...this.#transfers.values()];
    let [active, failed, waitingForFile, done, total, bytes] = [0, 0, 0, 0, 0, 0];
    for (const transfer of all) {
      const { phase, size } = transfer;
      if (phase === 'cancelled' || phase === 'skipped') continue;
      if (isActive(transfer)) active++;
      if (phase === 'failed') failed++;
      if (phase === 'needs-file') waitingForFile++;
      if (phase === 'done') done++;
      total += size;
      bytes += bytesDone(transfer);
    }
    const speed = active === 0 ? this.#restart() : this.#measure(bytes, now);
    this.#snapshot = { all, active, failed, waitingForFile, done, total, bytes, speed };
    for (const listener of this.#listeners) listener();
  }

  #restart(): number {
    this.#samples = [];
    return 0;
  }

  #measure(bytes: number, now: number): number {
    this.#samples.push({ at: now, bytes });
    while ((this.#samples[0]?.at ?? now) < now - WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || now - first.at < SHORTEST_MS) return 0;
    return Math.max(0, ((bytes - first.bytes) / (now - first.at)) * 1_000);
  }
}

/** Hashing is no progress of the transfer: the bytes are still to be sent. */
function bytesDone({ phase, bytes, size }: TransferState): number {
  if (phase === 'done' || phase === 'completing') return size;
  return phase === 'sending' || phase === 'paused' || phase === 'offline' ? bytes : 0;
}
