import { ClientError, failureCode, isClientError, isTransient } from '@valise/client';
import { errorText } from '../../design/error-text.ts';
import {
  type ClashChoice,
  type FromWorker,
  isEnded,
  type NewBatch,
  type NewUpload,
} from '../protocol.ts';
import { fileBehind, mayContinue } from './file-of-entry.ts';
import { FolderTree } from './folder-tree.ts';
import type { LargeDeps } from './large-lane.ts';
import { announceTab, whenTabGone } from './living-tabs.ts';
import { PendingUploads } from './pending-uploads.ts';
import { placeBatch } from './place-batch.ts';
import { isServerUp, Reconnect } from './reconnect.ts';
import { Reporter } from './reporter.ts';
import { Transfer } from './transfer.ts';
import { type JournalEntry, type Place, UploadJournal } from './upload-journal.ts';
import { UploadLanes } from './upload-lanes.ts';

const PAUSED = new Error('paused');
const NO_TYPE = 'application/octet-stream';

export interface EngineDeps extends LargeDeps {
  readonly userId: string;
  readonly server: string;
  post(message: FromWorker): void;
}

/**
 * All uploads of this page. Each stands in the journal until it has ended; what a crash or a reload
 * interrupted is taken up from there by the next page that finds nobody working on it.
 */
export class UploadEngine {
  readonly #deps: EngineDeps;
  readonly #journal = new UploadJournal();
  readonly #pending: PendingUploads;
  readonly #reconnect: Reconnect;
  readonly #reporter: Reporter;
  readonly #transfers = new Map<string, Transfer>();
  readonly #answers = new Map<string, (choice: ClashChoice) => void>();
  readonly #tab: string;
  readonly #lanes: UploadLanes;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.#pending = new PendingUploads(deps.api, this.#journal);
    this.#reconnect = new Reconnect({
      sleep: deps.ambient.sleep,
      isUp: () => isServerUp(deps.transport, deps.server),
    });
    this.#reporter = new Reporter(deps.post);
    this.#lanes = new UploadLanes({
      ...deps,
      journal: this.#journal,
      onPending: (transfer, upload) => this.#pending.note(transfer, upload),
      onDone: (transfer, file) => {
        this.#reporter.placed(file);
        this.#end(transfer, 'done');
      },
      onFailed: (transfer, error) => this.#failed(transfer, error),
    });
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
    const cancelled = entries.filter(({ isCancelled }) => isCancelled === true);
    for (const entry of entries) {
      if (entry.isCancelled !== true) await this.#recoverOne(entry);
    }
    this.#lanes.pump();
    await this.#withdraw(cancelled);
  }

  async #recoverOne(entry: JournalEntry): Promise<void> {
    const transfer = this.#hold(entry, await fileBehind(entry));
    if (transfer.file === null) transfer.set('needs-file');
    else if (entry.place === undefined)
      await this.#place({ parentId: entry.parentId, transfers: [transfer] });
    else this.#lanes.queue(transfer);
  }

  async add(batch: NewBatch): Promise<void> {
    const { userId } = this.#deps;
    const transfers: Transfer[] = [];
    const place = placeOf(batch);
    const interrupted = this.#interruptedByPath(
      (entry) => entry.parentId === batch.parentId && entry.place?.fileId === place?.fileId,
    );
    for (const { id, file, handle, path } of batch.uploads) {
      const left = interrupted.get([...path, file.name].join('/'));
      if (left !== undefined && mayContinue(left.entry, file)) {
        this.#queueWith(left, file);
        continue;
      }
      const { name, size, lastModified, type } = file;
      const mimeType = type === '' ? NO_TYPE : type;
      const { parentId } = batch;
      const known = { id, userId, tab: this.#tab, name, path, parentId, size };
      const entry = { ...known, lastModified, mimeType, handle };
      transfers.push(this.#hold(place === undefined ? entry : { ...entry, place }, file));
    }
    await this.#journal.add(transfers.map(({ entry }) => entry));
    if (place !== undefined) {
      for (const transfer of transfers) this.#lanes.queue(transfer);
      this.#lanes.pump();
      return;
    }
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

  giveMany(uploads: readonly NewUpload[]): void {
    const interrupted = this.#interruptedByPath(() => true);
    for (const { file, path } of uploads) {
      const key = [...path, file.name].join('/');
      const fitting = interrupted.get(key);
      if (fitting !== undefined && mayContinue(fitting.entry, file)) this.#queueWith(fitting, file);
    }
  }

  /** Takes up what the browser may read by now. */
  async lookAgain(): Promise<void> {
    for (const transfer of this.#interrupted()) {
      const file = await fileBehind(transfer.entry);
      if (file !== null) this.#queueWith(transfer, file);
    }
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
    this.#lanes.dropPaused();
    this.#lanes.pump();
  }

  resume(ids: readonly string[]): void {
    for (const transfer of this.#those(ids)) {
      if (transfer.phase !== 'paused') continue;
      if (transfer.run !== null && !transfer.run.stop.signal.aborted) {
        transfer.set('sending', transfer.bytes);
        transfer.run.control.resume();
      } else this.#lanes.queue(transfer);
    }
    this.#lanes.pump();
  }

  cancel(ids: readonly string[]): void {
    const those = this.#those(ids).filter((transfer) => !isEnded(transfer));
    for (const transfer of those) {
      transfer.set('cancelled');
      // One that runs tells the server by itself.
      transfer.run?.control.cancel();
    }
    void this.#withdraw(
      those.map(({ entry, run }) => {
        const { upload, ...rest } = entry;
        return upload === undefined || run !== null ? rest : { ...rest, upload };
      }),
    );
  }

  retry(ids: readonly string[]): void {
    for (const transfer of this.#those(ids)) {
      if (transfer.phase !== 'failed') continue;
      if (transfer.file === null) transfer.set('needs-file');
      else if (transfer.place === undefined) {
        void this.#place({ parentId: transfer.entry.parentId, transfers: [transfer] });
      } else this.#lanes.queue(transfer);
    }
    this.#lanes.pump();
  }

  /** Ended ones are of no interest any more. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#transfers.delete(id);
  }

  online(): void {
    this.#reconnect.wake();
  }

  /** What is under way stands still now; better said at once than after many vain attempts. */
  offline(): void {
    this.#lanes.stop(new ClientError('unreachable'));
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

  /** The same file, chosen again at the same place, continues one of these. */
  #interruptedByPath(isWanted: (entry: JournalEntry) => boolean): Map<string, Transfer> {
    const those = this.#interrupted().filter(({ entry }) => isWanted(entry));
    return new Map(those.map((one) => [[...one.entry.path, one.entry.name].join('/'), one]));
  }

  #interrupted(): Transfer[] {
    return [...this.#transfers.values()].filter(({ phase }) => phase === 'needs-file');
  }

  #queueWith(transfer: Transfer, file: File): void {
    if (!mayContinue(transfer.entry, file)) {
      transfer.set('needs-file', 0, 'That is another file, or it changed since.');
      return;
    }
    const { isChanged, ...entry } = transfer.entry;
    transfer.file = file;
    if (isChanged === true) {
      transfer.entry = { ...entry, size: file.size, lastModified: file.lastModified };
      void this.#journal.save([transfer.entry]);
    }
    if (transfer.place === undefined) {
      void this.#place({ parentId: transfer.entry.parentId, transfers: [transfer] });
      return;
    }
    this.#lanes.queue(transfer);
    this.#lanes.pump();
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
      this.#lanes.pump();
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
        this.#lanes.queue(transfer);
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
    await this.#tellIfEmpty();
  }

  async #withdraw(entries: readonly JournalEntry[]): Promise<void> {
    await this.#pending.withdraw(entries);
    await this.#tellIfEmpty();
  }

  async #tellIfEmpty(): Promise<void> {
    if ([...this.#transfers.values()].some((transfer) => !isEnded(transfer))) return;
    if (await this.#journal.isEmptyFor(this.#deps.userId))
      this.#deps.post({ type: 'journal-empty' });
  }

  #failed(transfer: Transfer, error: unknown): void {
    if (error === PAUSED || transfer.phase === 'cancelled') return;
    if (isClientError(error, 'cancelled')) return;
    const code = failureCode(error);
    if (code === 'session-ended' || code === 'unauthenticated') {
      transfer.set('paused', transfer.bytes);
      this.#deps.post({ type: 'session-over' });
    } else if (isClientError(error, 'content-changed')) void this.#changed(transfer);
    else if (isTransient(error)) void this.#awaitConnection(transfer);
    else transfer.set('failed', 0, errorText(error));
  }

  /** What was hashed and sent is of no use any more; the file as it is now has to be given. */
  async #changed(transfer: Transfer): Promise<void> {
    const { upload: _, ...entry } = transfer.entry;
    transfer.entry = { ...entry, isChanged: true };
    transfer.file = null;
    await this.#journal.forgetHash(transfer.id);
    await this.#journal.save([transfer.entry]);
    transfer.set('needs-file', 0, 'The file changed. Choose it again to send it as it is now.');
  }

  async #awaitConnection(transfer: Transfer): Promise<void> {
    transfer.set('offline', transfer.bytes);
    await this.#reconnect.whenUp();
    if (transfer.phase !== 'offline') return;
    this.#lanes.queue(transfer);
    this.#lanes.pump();
  }
}

/** Known at once for new versions of a file: nothing has to be looked up, and nobody asked. */
function placeOf({ replaces }: NewBatch): Place | undefined {
  if (replaces === undefined) return undefined;
  const { fileId, name, version } = replaces;
  return { folderId: null, name, baseVersion: version, fileId };
}
