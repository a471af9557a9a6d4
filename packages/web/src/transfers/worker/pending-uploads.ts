import { type ApiClient, TaskSet, type UploadRef } from '@valise/client';
import { isAppError } from '@valise/core/errors';
import { isEnded } from '../protocol.ts';
import type { Transfer } from './transfer.ts';
import type { JournalEntry, UploadJournal } from './upload-journal.ts';

/** Cancelled side by side. */
const AT_ONCE = 6;

/**
 * What the server holds of uploads that haven't ended. It stands in the journal, so that giving one
 * up reaches the server in any later life of the page.
 */
export class PendingUploads {
  readonly #api: Pick<ApiClient, 'uploads'>;
  readonly #journal: UploadJournal;
  #noted: Transfer[] = [];

  constructor(api: Pick<ApiClient, 'uploads'>, journal: UploadJournal) {
    this.#api = api;
    this.#journal = journal;
  }

  /**
   * The server knows of it now. Those of one answer are saved in one transaction. An earlier one
   * couldn't be gone on with (it was another login's) and would only stay pending.
   */
  note(transfer: Transfer, upload: UploadRef): void {
    const before = transfer.entry.upload;
    if (before !== undefined && before.uploadId !== upload.uploadId) void this.#cancel(before);
    transfer.entry = { ...transfer.entry, upload };
    this.#noted.push(transfer);
    if (this.#noted.length === 1) setTimeout(() => void this.#save());
  }

  /**
   * Tells the server to forget them, then the journal. Where the server can't be reached, the
   * journal keeps them for the next page.
   */
  async withdraw(entries: readonly JournalEntry[]): Promise<void> {
    await this.#journal.save(entries.map((entry) => ({ ...entry, isCancelled: true })));
    const told: string[] = [];
    const tasks = new TaskSet(AT_ONCE);
    for (const { id, upload } of entries) {
      await tasks.start(async () => {
        if (upload === undefined || (await this.#cancel(upload))) told.push(id);
      });
    }
    await tasks.finish();
    await this.#journal.remove(told);
  }

  async #cancel(upload: UploadRef): Promise<boolean> {
    try {
      await this.#api.uploads.cancel(upload, { patient: true });
      return true;
    } catch (error) {
      return isAppError(error, 'upload-not-found') || isAppError(error, 'file-not-found');
    }
  }

  async #save(): Promise<void> {
    const noted = this.#noted.splice(0);
    const open = noted.filter((transfer) => !isEnded(transfer));
    await this.#journal.save(open.map(({ entry }) => entry));
  }
}
