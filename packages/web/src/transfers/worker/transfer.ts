import { createTransferControl, type TransferControl } from '@valise/client';
import type { Phase, TransferState } from '../protocol.ts';
import type { JournalEntry, Place } from './upload-journal.ts';

/** One upload as the worker holds it. */
export class Transfer {
  readonly id: string;
  readonly onChange: (transfer: Transfer) => void;
  entry: JournalEntry;
  /** null until the person has chosen it again after a reload. */
  file: File | null;
  phase: Phase = 'waiting';
  bytes = 0;
  problem: string | undefined;
  /** Present while it runs. */
  run: { readonly control: TransferControl; readonly stop: AbortController } | null = null;

  constructor(entry: JournalEntry, file: File | null, onChange: (transfer: Transfer) => void) {
    this.id = entry.id;
    this.entry = entry;
    this.file = file;
    this.onChange = onChange;
  }

  get place(): Place | undefined {
    return this.entry.place;
  }

  set(phase: Phase, bytes = 0, problem?: string): void {
    this.phase = phase;
    this.bytes = bytes;
    this.problem = problem;
    this.onChange(this);
  }

  start(): { readonly control: TransferControl; readonly stop: AbortController } {
    this.run = { control: createTransferControl(), stop: new AbortController() };
    return this.run;
  }

  state(): TransferState {
    const { entry, problem } = this;
    return {
      id: this.id,
      name: entry.place?.name ?? entry.name,
      folder: entry.path.join('/'),
      size: entry.size,
      mimeType: entry.mimeType,
      phase: this.phase,
      bytes: this.bytes,
      ...(problem === undefined ? {} : { problem }),
      ...(this.phase === 'needs-file' && entry.handle !== null ? { handle: entry.handle } : {}),
    };
  }
}
