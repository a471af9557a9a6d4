import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { S3Error } from '../s3/s3-error.ts';
import { BlobFiles } from './blob-files.ts';
import { CommitQueue, type Decide, isFullDisk } from './commit-queue.ts';
import { type CompactionOptions, type CompactionResult, compactJournal } from './compaction.ts';
import { type Content, openContent } from './content-reader.ts';
import { type Disk, realDisk } from './disk.ts';
import type { Extents } from './extent.ts';
import { FreeSpace } from './free-space.ts';
import { openIndex } from './index-recovery.ts';
import { Journal } from './journal.ts';
import { ObjectIndex } from './object-index.ts';
import { JournalDamaged, type OnDamage } from './segment.ts';
import type { Staged } from './staged.ts';
import { isSqliteError, type WritableIndex } from './writable-index.ts';

/** Content up to this size lives in the journal: one fdatasync, shared, instead of a file. */
export const INLINE_LIMIT = 64 * 1024;

/**
 * Where objects live: manifests in a journal, bytes in immutable blobs (docs/adr/0001). Everything
 * that `commit` has answered survives any crash; what it hasn't is whole or absent.
 */
export interface Storage {
  /** Committed state. */
  readonly index: ObjectIndex;
  readonly journal: Journal;
  /** Judges and records; throws what `decide` throws, or S3Error InsufficientStorage. */
  commit<T>(decide: Decide<T>): Promise<T>;
  /** Stores bytes that no object names yet. Throws what `content` throws, with nothing kept. */
  stage(content: AsyncIterable<Buffer>, size: number): Promise<Staged>;
  open(extents: Extents): Content;
  /** Rewrites the journal with what is alive, while requests go on. One at a time. */
  compact(options?: CompactionOptions): Promise<CompactionResult>;
  close(): Promise<void>;
}

export interface StorageOptions {
  /** The disk or the index can no longer be trusted: the process must end. */
  onBroken(error: unknown): void;
  /** Records have become durable. */
  onCommitted?(): void;
  readonly disk?: Disk;
  /** For repairs: told of damage, opening goes on with what is intact. */
  readonly onDamage?: OnDamage;
}

interface Parts {
  readonly journal: Journal;
  readonly writer: WritableIndex;
  readonly blobs: BlobFiles;
}

export async function openStorage(root: string, options: StorageOptions): Promise<Storage> {
  const parts = await openParts(root, options);
  const { journal, writer, blobs } = parts;
  const index = new ObjectIndex(join(root, 'index.db'), { readOnly: true });
  const space = new FreeSpace(root, () => journal.removeRetired(Number.POSITIVE_INFINITY));
  const queue = new CommitQueue(journal, writer, {
    onGarbage: (ids) => blobs.remove(ids),
    onCommitted: () => options.onCommitted?.(),
    onBroken(error) {
      // Whatever is wrong with the index, the next start makes it anew from the journal.
      if (isSqliteError(error)) rmSync(join(root, 'index.db'), { force: true });
      options.onBroken(error);
    },
  });
  const sweeping = blobs.sweep((id) => index.knowsBlob(id)).catch(options.onBroken);
  const storage: Storage = {
    index,
    journal,
    commit: (decide) => queue.submit(decide).catch(rethrow),
    stage: (content, size) => space.during(size, () => stage(blobs, content, size)).catch(rethrow),
    open: (extents) => openContent(extents, { blobs, journal }),
    compact: (wanted = {}) =>
      compactJournal(storage, { between: (work) => queue.between(work), ...wanted }).catch(rethrow),
    async close() {
      await sweeping;
      await queue.settled();
      await blobs.settled();
      index.close();
      writer.close();
      await journal.close();
    },
  };
  return storage;
}

async function openParts(root: string, options: StorageOptions): Promise<Parts> {
  const disk = options.disk ?? realDisk;
  const blobs = await BlobFiles.open(root, disk);
  const { journal, made } = await Journal.open(join(root, 'journal'), disk, options.onDamage);
  try {
    // An empty journal denies every blob: the sweep would remove what somebody misses a journal to.
    if (made && !options.onDamage && !(await blobs.list().next()).done) {
      throw new JournalDamaged('there is content, but its journal is missing; restore `journal`');
    }
    const writer = await openIndex(join(root, 'index.db'), journal, options.onDamage);
    return { journal, writer, blobs };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

function rethrow(error: unknown): never {
  if (isFullDisk(error)) throw new S3Error('InsufficientStorage', undefined, { cause: error });
  throw error;
}

async function stage(
  blobs: BlobFiles,
  content: AsyncIterable<Buffer>,
  size: number,
): Promise<Staged> {
  if (size <= INLINE_LIMIT) return stageInline(content);
  const blob = await blobs.write(content);
  return {
    size: blob.size,
    content: { extents: [[blob.id, 0, blob.size]], blob: [blob.id, blob.size, blob.crc] },
    settle(outcome) {
      if (outcome === 'refused') blobs.remove([blob.id]);
      blobs.release(blob.id);
    },
  };
}

async function stageInline(content: AsyncIterable<Buffer>): Promise<Staged> {
  const pieces: Buffer[] = [];
  for await (const piece of content) pieces.push(piece);
  const inline = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
  const size = inline.length;
  const extents: Extents = size ? [['', 0, size]] : [];
  return { size, content: { extents }, inline, settle: () => undefined };
}

/** Commits a decision about staged bytes and settles them: named on success, else gone. */
export async function commitStaged<T>(
  storage: Storage,
  staged: Staged,
  decide: Decide<T>,
): Promise<T> {
  try {
    const result = await storage.commit(decide);
    staged.settle('named');
    return result;
  } catch (error) {
    // Anything but a plain refusal leaves open whether the record exists: the next start knows.
    staged.settle(error instanceof S3Error ? 'refused' : 'named');
    throw error;
  }
}
