import {
  createStreamHasher,
  failureCode,
  isClientError,
  isTransient,
  type TransferDeps,
} from '@valise/client';
import { SINGLE_PUT_LIMIT } from '@valise/core/plan';
import { errorText } from '../../design/error-text.ts';
import { type ClashChoice, type FromWorker, isEnded, type NewBatch } from '../protocol.ts';
import { FolderTree } from './folder-tree.ts';
import { type LargeDeps, sendLarge } from './large-lane.ts';
import { announceTab, whenTabGone } from './living-tabs.ts';
import { placeBatch } from './place-batch.ts';
import { Reporter } from './reporter.ts';
import { sendSmall } from './small-lane.ts';
import { Transfer } from './transfer.ts';
import { type JournalEntry, UploadJournal } from './upload-journal.ts';

/** One is hashed while another is sent; each is parallel in itself. */
const LARGE_AT_ONCE = 2;
/** How long to wait for a connection that nobody announces. */
const OFFLINE_RETRY_MS = 5_000;

const PAUSED = new Error('paused');
const NO_TYPE = 'application/octet-stream';

export interface EngineDeps extends LargeDeps {
  readonly userId: string;
  post(message: FromWorker): void;
}

/**
 * All uploads of this page. Each stands in the journal until it has ended; what a crash or a reload
 * interrupted is taken up from there by the next page that finds nobody working on it.
 */
export class UploadEngine {
  readonly #deps: EngineDeps;
  readonly #full: TransferDeps;
  readonly #journal = new UploadJournal();
  readonly #reporter: Reporter;
  readonly #transfers = new Map<string, Transfer>();
  readonly #answers = new Map<string, (choice: ClashChoice) => void>();
  readonly #tab: string;
  #small: Transfer[] = [];
  #large: Transfer[] = [];
  readonly #running = new Set<Transfer>();
  #smallRunning: AbortController | null = null;
  #wakeUp: () => void = () => {};

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.#full = { ...deps, hasher: createStreamHasher(deps.ambient) };
    this.#reporter = new Reporter(deps.post);
    this.#tab = deps.ambient.newId();
    announceTab(this.#tab);
  }

  /** Takes up what others left, and will leave. */
  async recover(): Promise<void> {
    const entries = await this.#journal.ofUser(this.#deps.userId);
    const tabs = new Set(entries.map(({ tab }) => tab).filter((tab) => tab !== this.#tab));
    await Promise.all([...tabs].map((tab) => whenTabGone(tab, () => this.#adopt(tab))));
  }

  async #adopt(tab: string): Promise<void> {
    const left = await this.#journal.ofUser(this.#deps.userId);
    const entries = left
      .filter((entry) => entry.tab === tab)
      .map((entry) => ({ ...entry, tab: this.#tab }));
    await this.#journal.save(entries);
    for (const entry of entries) await this.#recoverOne(entry);
    this.#pump();
  }

  async #recoverOne(entry: JournalEntry): Promise<void> {
    const transfer = this.#hold(entry, await fileBehind(entry));
    if (transfer.file === null) transfer.set('needs-file');
    else if (entry.place === undefined)
      await this.#place({ parentId: entry.parentId, transfers: [transfer] });
    else this.#queue(transfer);
  }

  async add(batch: NewBatch): Promise<void> {
    const { userId } = this.#deps;
    const transfers: Transfer[] = [];
    for (const { id, file, handle, path } of batch.uploads) {
      const left = this.#leftFrom(file, path, batch.parentId);
      if (left !== undefined) {
        this.#queueWith(left, file);
        continue;
      }
      const { name, size, lastModified, type } = file;
      const mimeType = type === '' ? NO_TYPE : type;
      const { parentId } = batch;
      const known = { id, userId, tab: this.#tab, name, path, parentId, size };
      transfers.push(this.#hold({ ...known, lastModified, mimeType, handle }, file));
    }
    await this.#journal.save(transfers.map(({ entry }) => entry));
    await this.#place({
      batchId: batch.id,
      parentId: batch.parentId,
      transfers,
      emptyFolders: batch.emptyFolders,
    });
  }

  /** The file of an interrupted upload, chosen once more. */
  give(id: string, file: File): void {
    const transfer = this.#transfers.get(id);
    if (transfer !== undefined) this.#queueWith(transfer, file);
  }

  choose(batchId: string, choice: ClashChoice): void {
    this.#answers.get(batchId)?.(choice);
    this.#answers.delete(batchId);
  }

  pause(ids: readonly string[]): void {
    for (const transfer of this.#those(ids)) {
      if (transfer.phase === 'paused') continue;
      if (!['waiting', 'hashing', 'sending', 'offline'].includes(transfer.phase)) continue;
      const isSending = transfer.run !== null && transfer.phase === 'sending';
      const { bytes } = transfer;
      transfer.set('paused', bytes);
      // Parts under way may arrive; hashing is simply left off.
      if (isSending) transfer.run?.control.pause();
      else transfer.run?.stop.abort(PAUSED);
    }
    this.#small = this.#small.filter(({ phase }) => phase !== 'paused');
    this.#large = this.#large.filter(({ phase }) => phase !== 'paused');
    this.#pump();
  }

  resume(ids: readonly string[]): void {
    for (const transfer of this.#those(ids)) {
      if (transfer.phase !== 'paused') continue;
      if (transfer.run !== null && !transfer.run.stop.signal.aborted) {
        transfer.set('sending', transfer.bytes);
        transfer.run.control.resume();
      } else this.#queue(transfer);
    }
    this.#pump();
  }

  cancel(ids: readonly string[]): void {
    const those = this.#those(ids);
    for (const transfer of those) {
      transfer.set('cancelled');
      transfer.run?.control.cancel();
    }
    void this.#removeFromJournal(those.map(({ id }) => id));
  }

  retry(ids: readonly string[]): void {
    for (const transfer of this.#those(ids)) {
      if (transfer.phase !== 'failed') continue;
      if (transfer.file === null) transfer.set('needs-file');
      else if (transfer.place === undefined) {
        void this.#place({ parentId: transfer.entry.parentId, transfers: [transfer] });
      } else this.#queue(transfer);
    }
    this.#pump();
  }

  /** Ended ones are of no interest any more. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#transfers.delete(id);
  }

  online(): void {
    this.#wakeUp();
  }

  #those(ids: readonly string[]): Transfer[] {
    return ids.flatMap((id) => this.#transfers.get(id) ?? []);
  }

  #hold(entry: JournalEntry, file: File | null): Transfer {
    const transfer = new Transfer(entry, file, (changed) => this.#reporter.changed(changed));
    this.#transfers.set(transfer.id, transfer);
    this.#reporter.changed(transfer);
    return transfer;
  }

  /** An interrupted upload that this very file, dropped at the same place, continues. */
  #leftFrom(file: File, path: readonly string[], parentId: string | null): Transfer | undefined {
    return [...this.#transfers.values()].find(
      ({ phase, entry }) =>
        phase === 'needs-file' &&
        entry.parentId === parentId &&
        entry.path.join('/') === path.join('/') &&
        isSame(entry, file),
    );
  }

  #queueWith(transfer: Transfer, file: File): void {
    if (!isSame(transfer.entry, file)) {
      transfer.set('needs-file', 0, 'That is another file, or it changed since.');
      return;
    }
    transfer.file = file;
    if (transfer.place === undefined) {
      void this.#place({ parentId: transfer.entry.parentId, transfers: [transfer] });
      return;
    }
    this.#queue(transfer);
    this.#pump();
  }

  async #place(batch: {
    readonly batchId?: string;
    readonly parentId: string | null;
    readonly transfers: readonly Transfer[];
    readonly emptyFolders?: NewBatch['emptyFolders'];
  }): Promise<void> {
    const { parentId, transfers, batchId = this.#deps.ambient.newId() } = batch;
    let placed: Transfer[] = [];
    const keep = async () => {
      const entries = placed.map(({ entry }) => entry);
      placed = [];
      await this.#journal.save(entries);
      this.#pump();
    };
    await placeBatch({
      tree: new FolderTree(this.#deps.api, (folder) => this.#reporter.placed(folder)),
      parentId,
      transfers,
      emptyFolders: batch.emptyFolders ?? [],
      ask: async (clashing) => {
        await keep();
        return this.#ask(batchId, clashing);
      },
      onPlaced: (transfer, place) => {
        if (transfer.phase === 'cancelled') return;
        transfer.entry = { ...transfer.entry, place };
        placed.push(transfer);
        this.#queue(transfer);
      },
      onSkipped: (transfer) => this.#end(transfer, 'skipped'),
      onFailed: (transfer, error) => this.#failed(transfer, error),
    });
    await keep();
  }

  #ask(batchId: string, clashing: readonly Transfer[]): Promise<ClashChoice> {
    for (const transfer of clashing) transfer.set('asking');
    const { promise, resolve } = Promise.withResolvers<ClashChoice>();
    this.#answers.set(batchId, resolve);
    const names = clashing.slice(0, 5).map(({ entry }) => entry.name);
    this.#deps.post({ type: 'clashes', batchId, names, total: clashing.length });
    return promise;
  }

  #queue(transfer: Transfer): void {
    if (transfer.phase !== 'waiting') transfer.set('waiting');
    const isSmall = transfer.entry.size <= SINGLE_PUT_LIMIT;
    (isSmall ? this.#small : this.#large).push(transfer);
  }

  #pump(): void {
    if (this.#smallRunning === null && this.#small.length > 0) void this.#runSmall();
    // A paused one holds no connection, so it holds no place either.
    const active = () => [...this.#running].filter(({ phase }) => phase !== 'paused').length;
    while (active() < LARGE_AT_ONCE) {
      const transfer = this.#large.shift();
      if (transfer === undefined) return;
      if (transfer.phase === 'waiting') void this.#runLarge(transfer);
    }
  }

  async #runSmall(): Promise<void> {
    const stop = new AbortController();
    this.#smallRunning = stop;
    const taken = new Set<Transfer>();
    try {
      await sendSmall(this.#full, {
        signal: stop.signal,
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
          if (outcome.kind === 'done') {
            this.#reporter.placed(outcome.file);
            this.#end(transfer, 'done');
          } else this.#failed(transfer, outcome.error);
        },
      });
    } catch (error) {
      // It concerns all that were under way, whatever became of each.
      for (const transfer of taken) this.#failed(transfer, error);
    } finally {
      this.#smallRunning = null;
      this.#pump();
    }
  }

  async #runLarge(transfer: Transfer): Promise<void> {
    this.#running.add(transfer);
    try {
      const { file } = await sendLarge(this.#deps, transfer, this.#journal);
      this.#reporter.placed(file);
      this.#end(transfer, 'done');
    } catch (error) {
      this.#failed(transfer, error);
    } finally {
      transfer.run = null;
      this.#running.delete(transfer);
      this.#pump();
    }
  }

  #end(transfer: Transfer, phase: 'done' | 'skipped'): void {
    transfer.set(phase, transfer.entry.size);
    this.#ended.push(transfer.id);
    if (this.#ended.length === 1) setTimeout(() => this.#sweep(), 500);
  }

  readonly #ended: string[] = [];

  /** Out of the journal, many at once. */
  #sweep(): void {
    void this.#removeFromJournal(this.#ended.splice(0));
  }

  async #removeFromJournal(ids: readonly string[]): Promise<void> {
    await this.#journal.remove(ids);
    const left = await this.#journal.ofUser(this.#deps.userId);
    const isBusy = [...this.#transfers.values()].some((transfer) => !isEnded(transfer));
    if (left.length === 0 && !isBusy) this.#deps.post({ type: 'journal-empty' });
  }

  #failed(transfer: Transfer, error: unknown): void {
    if (error === PAUSED || transfer.phase === 'cancelled') return;
    if (isClientError(error, 'cancelled')) return;
    const code = failureCode(error);
    if (code === 'session-ended' || code === 'unauthenticated') {
      transfer.set('paused', transfer.bytes);
      this.#deps.post({ type: 'session-over' });
    } else if (isTransient(error)) void this.#awaitConnection(transfer);
    else transfer.set('failed', 0, errorText(error));
  }

  async #awaitConnection(transfer: Transfer): Promise<void> {
    transfer.set('offline', transfer.bytes);
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#wakeUp;
    this.#wakeUp = () => {
      before();
      resolve();
    };
    setTimeout(resolve, OFFLINE_RETRY_MS);
    await promise;
    if (transfer.phase !== 'offline') return;
    this.#queue(transfer);
    this.#pump();
  }
}

function isSame(entry: JournalEntry, file: File): boolean {
  const { name, size, lastModified } = entry;
  return file.name === name && file.size === size && file.lastModified === lastModified;
}

/** The file, where the browser kept its handle and still trusts us with it. */
async function fileBehind(entry: JournalEntry): Promise<File | null> {
  const { handle } = entry;
  if (handle === null) return null;
  try {
    const permission = await (handle as PermittedHandle).queryPermission({ mode: 'read' });
    if (permission !== 'granted') return null;
    const file = await handle.getFile();
    return isSame(entry, file) ? file : null;
  } catch {
    // Moved, removed, or on a disk that isn't there.
    return null;
  }
}

interface PermittedHandle extends FileSystemFileHandle {
  queryPermission(options: { readonly mode: 'read' }): Promise<PermissionState>;
}
