import { rm } from 'node:fs/promises';
import { isFullDisk } from './commit-queue.ts';
import type { Extents } from './extent.ts';
import type { Journal } from './journal.ts';
import type { JournalRecord } from './journal-record.ts';
import type { OnDamage } from './segment.ts';
import {
  createWritable,
  isSqliteError,
  openWritable,
  type WritableIndex,
} from './writable-index.ts';

/** Records applied per index transaction when the journal is replayed. */
const REPLAY_BATCH = 2_000;

/** The index of a journal, brought up to its end; made anew where it is missing or no good. */
export async function openIndex(
  path: string,
  journal: Journal,
  onDamage?: OnDamage,
): Promise<WritableIndex> {
  const found = openWritable(path);
  const current = found && (await catchUp(found, journal));
  return current ?? (await rebuildIndex(path, journal, { onDamage }));
}

export interface RebuildOptions {
  readonly onDamage?: OnDamage | undefined;
  /**
   * Whether content is there. Records whose isn't are passed over, so that what stood before them
   * stays: the object before it was replaced, or before a compaction stated it again.
   */
  isIntact?(extents: Extents): boolean;
}

/** Makes an index at `path` from the whole journal. */
export async function rebuildIndex(
  path: string,
  journal: Journal,
  options: RebuildOptions = {},
): Promise<WritableIndex> {
  await removeIndex(path);
  const { segment, offset } = journal.start;
  const start = { segment, offset, salt: journal.saltOf(segment), batch: 0 };
  return await replay(createWritable(path, start), journal, options);
}

export async function removeIndex(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rm(path + suffix, { force: true });
}

/** Brings an index up to the journal; null when it is another journal's, or unreadable. */
async function catchUp(index: WritableIndex, journal: Journal): Promise<WritableIndex | null> {
  try {
    const position = index.position();
    if (position.salt === journal.saltOf(position.segment) && journal.has(position)) {
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
async function replay(
  index: WritableIndex,
  journal: Journal,
  { onDamage, isIntact }: RebuildOptions = {},
): Promise<WritableIndex> {
  const intact = isIntact && new IntactRecords(isIntact);
  try {
    let applied = 0;
    index.begin();
    for await (const { frame, at } of journal.replay(index.position(), onDamage)) {
      const inlineAt = { segment: at.segment, offset: at.offset + frame.inlineOffset };
      if (intact?.count(frame.record) !== false) index.apply(frame.record, inlineAt);
      const { segment } = at;
      const offset = at.offset + frame.length;
      index.moveTo({ segment, offset, salt: journal.saltOf(segment), batch: frame.batch });
      applied += 1;
      if (applied % REPLAY_BATCH === 0) {
        index.commit();
        index.begin();
      }
    }
    if (applied > 0) index.forgetUnusedBlobs();
    index.commit();
    return index;
  } catch (error) {
    index.close();
    throw error;
  }
}

/**
 * Judges which records of a journal count when content is missing. An upload of which a part is
 * missing makes no object, whatever else is known under that part's number.
 */
class IntactRecords {
  readonly #isIntact: (extents: Extents) => boolean;
  readonly #missing = new Map<string, Set<number>>();

  constructor(isIntact: (extents: Extents) => boolean) {
    this.#isIntact = isIntact;
  }

  count(record: JournalRecord): boolean {
    switch (record.t) {
      case 'put':
      case 'restate':
        return this.#hasContent(record.extents);
      case 'part': {
        const isThere = this.#hasContent(record.extents);
        const missing = this.#missing.get(record.upload) ?? new Set();
        if (isThere) missing.delete(record.number);
        else this.#missing.set(record.upload, missing.add(record.number));
        return isThere;
      }
      case 'done': {
        const missing = this.#missing.get(record.upload);
        return missing === undefined || !record.parts.some((number) => missing.has(number));
      }
      default:
        return true;
    }
  }

  /** What a record carries itself has just been read. */
  #hasContent(extents: Extents): boolean {
    return this.#isIntact(extents.filter(([blob]) => blob !== ''));
  }
}
