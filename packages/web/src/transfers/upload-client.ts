import type { QueryClient } from '@tanstack/react-query';
import { placeMany } from '../files/place-files.ts';
import { readIdentity, writeIdentity } from '../session/identity.ts';
import type { ClashChoice, FromWorker, NewBatch, NewUpload, ToWorker } from './protocol.ts';
import { TransferStore } from './transfer-store.ts';

/** Passing a file to a worker costs the page some 20 µs; so many at once are not felt. */
const PER_MESSAGE = 250;
/** Messages to and from the worker have crossed by then. */
const NEWS_MS = 5_000;
const CONNECTION = ['online', 'offline'] as const;

export interface Clashes {
  readonly batchId: string;
  readonly names: readonly string[];
  readonly total: number;
}

export interface UploadClientOptions {
  readonly client: QueryClient;
  onClashes(clashes: Clashes): void;
  onSessionOver(): void;
}

/** The page's end of the transfer worker. */
export class UploadClient {
  readonly store = new TransferStore();
  #worker: Worker | null = null;
  readonly #options: UploadClientOptions;
  #addedAt = Number.NEGATIVE_INFINITY;

  constructor(options: UploadClientOptions) {
    this.#options = options;
    for (const type of CONNECTION) window.addEventListener(type, this.#onConnection);
    if (mayHaveLeft()) this.#begin();
  }

  /** The worker comes with the first upload, or for those that an earlier page left. */
  #begin(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(new URL('./worker/transfer-worker.ts', import.meta.url), {
      type: 'module',
    });
    this.#worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) =>
      this.#onMessage(data),
    );
    const identity = readIdentity();
    if (identity !== null) this.#tell({ type: 'begin', server: location.origin, identity });
    return worker;
  }

  async add(batch: Omit<NewBatch, 'id'>): Promise<void> {
    const id = crypto.randomUUID?.() ?? String(Math.random());
    noteUploads(true);
    this.#addedAt = performance.now();
    const { uploads, parentId } = batch;
    if (uploads.length <= PER_MESSAGE) {
      this.#tell({ type: 'add', batch: { ...batch, id } });
      return;
    }
    // One batch, so that one question covers all of it.
    this.#tell({ type: 'open', batch: { id, parentId, emptyFolders: batch.emptyFolders } });
    for (let from = 0; from < uploads.length; from += PER_MESSAGE) {
      this.#tell({ type: 'more', batchId: id, uploads: uploads.slice(from, from + PER_MESSAGE) });
      await nextTurn();
    }
    this.#tell({ type: 'close', batchId: id });
  }

  choose(batchId: string, choice: ClashChoice): void {
    this.#tell({ type: 'choose', batchId, choice });
  }

  give(id: string, file: File): void {
    this.#tell({ type: 'give', id, file });
  }

  async giveMany(uploads: readonly NewUpload[]): Promise<void> {
    for (let from = 0; from < uploads.length; from += PER_MESSAGE) {
      this.#tell({ type: 'give-many', uploads: uploads.slice(from, from + PER_MESSAGE) });
      await nextTurn();
    }
  }

  /** The browser may read more of the files now that it kept. */
  lookAgain(): void {
    this.#tell({ type: 'look-again' });
  }

  act(type: 'pause' | 'resume' | 'cancel' | 'retry', ids: readonly string[]): void {
    this.#tell({ type, ids });
  }

  forget(ids: readonly string[]): void {
    this.#tell({ type: 'forget', ids });
    this.store.forget(ids, performance.now());
  }

  /** Ends the worker; what it was at is left for the next client. */
  close(): void {
    for (const type of CONNECTION) window.removeEventListener(type, this.#onConnection);
    this.#worker?.terminate();
    this.#worker = null;
  }

  readonly #onConnection = ({ type }: Event) => {
    this.#worker?.postMessage({ type: type === 'online' ? type : 'offline' } satisfies ToWorker);
  };

  #tell(message: ToWorker): void {
    this.#begin().postMessage(message);
  }

  #onMessage(message: FromWorker): void {
    switch (message.type) {
      case 'changed':
        this.store.change(message.transfers, performance.now());
        return;
      case 'clashes':
        this.#options.onClashes(message);
        return;
      case 'placed':
        placeMany(this.#options.client, message.files);
        return;
      case 'journal-empty':
        // It may have been said before the worker heard of the newest ones.
        if (performance.now() - this.#addedAt > NEWS_MS) noteUploads(false);
        return;
      case 'session-over':
        writeIdentity(null);
        this.#options.onSessionOver();
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

const LEFT = 'valise.uploads';

/** Remembers whether the journal holds anything, without having to open it. */
function noteUploads(some: boolean): void {
  if (some) localStorage.setItem(LEFT, 'some');
  else localStorage.removeItem(LEFT);
}

function mayHaveLeft(): boolean {
  return localStorage.getItem(LEFT) !== null;
}
