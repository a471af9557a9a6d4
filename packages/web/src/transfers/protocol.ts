import type { File as StoredFile } from '@valise/core/wire';
import type { Identity } from '../session/identity.ts';

/**
 * What the page and the transfer worker say to each other. Uploads run in the worker, so that
 * neither 5,000 files nor 50 GB of one are felt in the page.
 */

/** Something to upload, as it was chosen or dropped. */
export interface NewUpload {
  readonly id: string;
  readonly file: File;
  /** Where the browser gave one: with it an upload goes on by itself after a reload. */
  readonly handle: FileSystemFileHandle | null;
  /** Folders below the target, from the top down. */
  readonly path: readonly string[];
}

export interface NewBatch {
  readonly id: string;
  /** The folder that it was dropped on; null is the root. */
  readonly parentId: string | null;
  readonly uploads: readonly NewUpload[];
  /** The one file that these are new versions of, wherever it lies, as the person saw it. */
  readonly replaces?: { readonly fileId: string; readonly name: string; readonly version: number };
  /** Folders without files in them. */
  readonly emptyFolders: readonly (readonly string[])[];
}

export type Phase =
  /** In the queue. */
  | 'waiting'
  /** A name is taken; the person is being asked. */
  | 'asking'
  | 'hashing'
  | 'sending'
  | 'completing'
  | 'paused'
  /** Waits for the connection to come back; goes on by itself. */
  | 'offline'
  /** Left from before a reload; the person has to choose the file once more. */
  | 'needs-file'
  | 'failed'
  | 'done'
  | 'skipped'
  | 'cancelled';

export interface TransferState {
  readonly id: string;
  readonly name: string;
  /** For show: `Photos/2026`. */
  readonly folder: string;
  readonly size: number;
  readonly mimeType: string;
  readonly phase: Phase;
  /** Bytes of the phase that are done. */
  readonly bytes: number;
  /** What went wrong, in words for people. */
  readonly problem?: string;
  /** With `needs-file`: the browser keeps the file and only has to be asked. */
  readonly handle?: FileSystemFileHandle;
}

export type ClashChoice = 'replace' | 'keep-both' | 'skip';

export type ToWorker =
  | { readonly type: 'begin'; readonly server: string; readonly identity: Identity }
  | { readonly type: 'add'; readonly batch: NewBatch }
  /** A batch too large for one message: it is opened, filled and closed. */
  | { readonly type: 'open'; readonly batch: Omit<NewBatch, 'uploads'> }
  | { readonly type: 'more'; readonly batchId: string; readonly uploads: readonly NewUpload[] }
  | { readonly type: 'close'; readonly batchId: string }
  | { readonly type: 'give'; readonly id: string; readonly file: File }
  /** Files that were chosen again: each continues what fits it. */
  | { readonly type: 'give-many'; readonly uploads: readonly NewUpload[] }
  /** The browser was allowed to read a file that it had kept; perhaps others as well. */
  | { readonly type: 'look-again' }
  | { readonly type: 'choose'; readonly batchId: string; readonly choice: ClashChoice }
  | { readonly type: 'pause' | 'resume' | 'cancel' | 'retry'; readonly ids: readonly string[] }
  | { readonly type: 'forget'; readonly ids: readonly string[] }
  /** What the browser says of its connection. */
  | { readonly type: 'online' | 'offline' };

export type FromWorker =
  | { readonly type: 'changed'; readonly transfers: readonly TransferState[] }
  | {
      readonly type: 'clashes';
      readonly batchId: string;
      readonly names: readonly string[];
      readonly total: number;
    }
  | { readonly type: 'placed'; readonly files: readonly StoredFile[] }
  /** Nothing is left that a later page would have to take up. */
  | { readonly type: 'journal-empty' }
  | { readonly type: 'session-over' };

/** Phases in which something is being done, or will be without anybody's help. */
const ACTIVE: ReadonlySet<Phase> = new Set([
  'waiting',
  'hashing',
  'sending',
  'completing',
  'offline',
  'asking',
]);
const ENDED: ReadonlySet<Phase> = new Set(['done', 'skipped', 'cancelled']);

export const isActive = ({ phase }: { readonly phase: Phase }) => ACTIVE.has(phase);
export const isEnded = ({ phase }: { readonly phase: Phase }) => ENDED.has(phase);
