import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Error } from '../s3/s3-error.ts';
import { BlobFiles } from './blob-files.ts';
import { CommitQueue, type Decide, isFullDisk } from './commit-queue.ts';
import { type Content, openContent } from './content-reader.ts';
import type { Extents } from './extent.ts';
import { FreeSpace } from './free-space.ts';
import { Journal } from './journal.ts';
import {
  createWritable,
  isSqliteError,
  ObjectIndex,
  openWritable,
  type WritableIndex,
} from './object-index.ts';

/** Content up to this size lives in the journal: one fdatasync, shared, instead of a file. */
export const INLINE_LIMIT = 64 * 1024;
/** Records applied per index transaction when the journal is replayed. */
const REPLAY_BATCH = 2_000;

/** Bytes that are durable (or small enough to go into the record), but not named yet. */
export interface Staged {
  readonly size: number;
  /** As a record writes them: blob '' stands for `inline`. */
  readonly extents: Extents;
  readonly inline?: Buffer;
  /** Call once, when the record is durable or was refused. */
  settle(outcome: 'named' | 'refused'): void;
}

/**
 * Where objects live: manifests in a journal, bytes in immutable blobs (docs/adr/0001). Everything
 * that `commit` has answered survives any crash; what it hasn't is whole or absent.
 */
export interface Storage {
  /** Committed state. */
  readonly index: ObjectIndex;
  /** Judges and records; throws what `decide` throws, or S3Error InsufficientStorage. */
  commit<T>(decide: Decide<T>): Promise<T>;
  /** Stores bytes that no object names yet. Throws what `content` throws, with nothing kept. */
  stage(content: AsyncIterable<Buffer>, size: number): Promise<Staged>;
  open(extents: Extents): Content;
  close(): Promise<void>;
}

export async function openStorage(
  root: string,
  hooks: { onBroken(error: unknown): void },
): Promise<Storage> {
  const journal = await Journal.open(join(root, 'journal'));
  const indexPath = join(root, 'index.db');
  const { writer, blobs } = await openParts(root, indexPath, journal).catch(async (error) => {
    await journal.close();
    throw error;
  });
  const index = new ObjectIndex(indexPath, { readOnly: true });
  const space = new FreeSpace(root);
  const queue = new CommitQueue(journal, writer, {
    onGarbage: (ids) => blobs.remove(ids),
    onBroken(error) {
      // Whatever is wrong with the index, the next start makes it anew from the journal.
      if (isSqliteError(error)) rmSync(indexPath, { force: true });
      hooks.onBroken(error);
    },
  });
  const sweeping = blobs.sweep((id) => index.knowsBlob(id)).catch(hooks.onBroken);
  return {
    index,
    commit: (decide) => queue.submit(decide).catch(rethrow),
    stage: (content, size) => space.during(size, () => stage(blobs, content, size)).catch(rethrow),
    open: (extents) => openContent(extents, { blobs, journal }),
    async close() {
      await sweeping;
      await queue.settled();
      index.close();
      writer.close();
      await journal.close();
    },
  };
}

async function openParts(
  root: string,
  indexPath: string,
  journal: Journal,
): Promise<{ writer: WritableIndex; blobs: BlobFiles }> {
  const writer = await openIndex(indexPath, journal);
  try {
    return { writer, blobs: await BlobFiles.open(root) };
  } catch (error) {
    writer.close();
    throw error;
  }
}

function rethrow(error: unknown): never {
  if (isFullDisk(error)) throw new S3Error('InsufficientStorage', undefined, { cause: error });
  throw error;
}

async function openIndex(path: string, journal: Journal): Promise<WritableIndex> {
  const found = openWritable(path);
  const current = found && (await catchUp(found, journal));
  if (current) return current;
  for (const suffix of ['', '-wal', '-shm']) await rm(path + suffix, { force: true });
  const fresh = createWritable(path, journal.identity, journal.start);
  return await replay(fresh, journal);
}

/** Brings an index up to the journal; null when it is another journal's, or unreadable. */
async function catchUp(index: WritableIndex, journal: Journal): Promise<WritableIndex | null> {
  try {
    const position = index.position();
    if (position.journal === journal.identity && journal.has(position)) {
      journal.continueAfter(position.batch);
      return await replay(index, journal);
    }
    index.close();
    return null;
  } catch (error) {
    // Derived and damaged: made anew. A full disk is no reason to.
    if (isSqliteError(error) && !isFullDisk(error)) return null;
    throw error;
  }
}

/** Applies what the index hasn't seen yet; closes the index if that fails. */
async function replay(index: WritableIndex, journal: Journal): Promise<WritableIndex> {
  try {
    let applied = 0;
    index.begin();
    for await (const { frame, at } of journal.replay(index.position())) {
      const inlineAt = { segment: at.segment, offset: at.offset + frame.inlineOffset };
      index.apply(frame.record, inlineAt);
      index.moveTo({ segment: at.segment, offset: at.offset + frame.length }, frame.batch);
      applied += 1;
      if (applied % REPLAY_BATCH === 0) {
        index.commit();
        index.begin();
      }
    }
    index.commit();
    return index;
  } catch (error) {
    index.close();
    throw error;
  }
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
    extents: [[blob.id, 0, blob.size]],
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
  return { size, extents: size ? [['', 0, size]] : [], inline, settle: () => undefined };
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
