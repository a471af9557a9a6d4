import type { Decide, Decision } from './commit-queue.ts';
import type { Content } from './content-reader.ts';
import type { Extent, Extents } from './extent.ts';
import type { Journal } from './journal.ts';
import type { JournalRecord, PutRecord } from './journal-record.ts';
import type { ObjectIndex } from './object-index.ts';
import type { Staged } from './staged.ts';

/*
 * Compaction, while requests go on:
 *
 * 1. A new segment N is started.
 * 2. Everything that is alive is stated again by ordinary records at the journal's end: buckets and
 *    their settings, what is known of blobs, uploads with their parts, objects with their small
 *    content. Each decision looks again at what stands there; what was deleted meanwhile is left.
 * 3. Copies made on the way may still point into old segments; the walk goes on until none does.
 * 4. That being so, a segment is started whose head says that the journal now begins with N. The
 *    older ones go.
 *
 * Until 4 nothing is lost by stopping anywhere: records were said twice, that is all. Replaying
 * from N gives the same state, as each row's last statement lies behind N: rows that stood when
 * their walk began were stated by it, later ones by their own record. (A `done` of an upload that
 * the walk hadn't reached is unintelligible there; its object was stated by the later walk.)
 */

/** What compaction needs of the storage that it works in. */
interface Compactable {
  readonly index: ObjectIndex;
  readonly journal: Journal;
  commit<T>(decide: Decide<T>): Promise<T>;
  stage(content: AsyncIterable<Buffer>, size: number): Promise<Staged>;
  open(extents: Extents): Content;
}

export interface CompactionResult {
  /** Sizes of the journal, in bytes. */
  readonly before: number;
  readonly after: number;
}

export interface CompactionOptions {
  readonly signal?: AbortSignal | undefined;
  /** Awaited before segments below this one go: somebody may still read there. */
  beforeDrop?(segment: number): Promise<void>;
  /** From this segment on the journal stays as it is: what stands there hasn't been told yet. */
  readonly keepFrom?: number | undefined;
}

interface Tools extends CompactionOptions {
  /** Runs when no batch is on its way. */
  between<T>(work: (index: ObjectIndex) => Promise<T>): Promise<T>;
}

/** Rows looked up at once, and blobs in one record. */
const PAGE = 500;
/** Rows on their way at once: enough to share an fdatasync, few beside the batch of requests. */
const AT_ONCE = 32;

export async function compactJournal(store: Compactable, tools: Tools): Promise<CompactionResult> {
  const before = store.journal.size;
  const first = await tools.between(() => store.journal.rotate());
  await restateBuckets(store);
  await restateBlobs(store, tools);
  await restateUploads(store, tools);
  let which = (_extents: Extents): boolean => true;
  for (;;) {
    for (const table of ['parts', 'objects'] as const) {
      await restateRows(store, { table, which, signal: tools.signal });
    }
    // What is left to do after the first walk: copies made during it, of what it hadn't reached.
    which = (extents) => extents.some(([blob]) => isBelow(blob, first));
    await tools.beforeDrop?.(first);
    const ended = await tools.between(async (index) => {
      if (index.needsSegmentsBelow(first)) return false;
      await store.journal.rotate(Math.min(first, tools.keepFrom ?? first));
      return true;
    });
    if (ended) return { before, after: store.journal.size };
    tools.signal?.throwIfAborted();
  }
}

function restateBuckets(store: Compactable): Promise<null> {
  return store.commit((index) => {
    const buckets = index.buckets().map(({ name, created }) => {
      return { t: 'bucket', name, at: created } as const;
    });
    const configs = index.configs().map((config) => ({ t: 'config', ...config }) as const);
    return { records: [...buckets, ...configs], result: null };
  });
}

async function restateBlobs(store: Compactable, { signal }: Tools): Promise<void> {
  for (let after = ''; ; ) {
    signal?.throwIfAborted();
    const from = after;
    const next = await store.commit((index): Decision<string | null> => {
      const rows = index.blobsAfter(from, PAGE);
      const list = rows.flatMap(({ id, size, crc }) =>
        size === null || crc === null ? [] : [[id, size, crc] as const],
      );
      const records = list.length ? [{ t: 'blobs', list } as const] : [];
      return { records, result: rows.at(-1)?.id ?? null };
    });
    if (next === null) return;
    after = next;
  }
}

async function restateUploads(store: Compactable, { signal }: Tools): Promise<void> {
  for (let after = ''; ; ) {
    signal?.throwIfAborted();
    const from = after;
    const next = await store.commit((index): Decision<string | null> => {
      const uploads = index.uploadsById(from, PAGE);
      const records = uploads.map(({ id, bucket, key, created, headers }) => {
        return { t: 'multipart', upload: id, bucket, key, at: created, headers } as const;
      });
      return { records, result: uploads.at(-1)?.id ?? null };
    });
    if (next === null) return;
    after = next;
  }
}

const isBelow = (blob: string, segment: number): boolean =>
  blob.startsWith('j') && Number(blob.slice(1)) < segment;

interface Walk {
  readonly table: 'objects' | 'parts';
  which(extents: Extents): boolean;
  readonly signal: AbortSignal | undefined;
}

async function restateRows(store: Compactable, walk: Walk): Promise<void> {
  const { table, signal } = walk;
  const last = store.index.lastRow(table);
  for (let after = 0; ; ) {
    const ids = store.index.rowIds(table, { after, last, limit: PAGE });
    if (ids.length === 0) return;
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      signal?.throwIfAborted();
      const some = ids.slice(at, at + AT_ONCE);
      await Promise.all(some.map((id) => restateRow(store, walk, id)));
    }
    after = ids.at(-1) ?? last;
  }
}

async function restateRow(store: Compactable, walk: Walk, id: number): Promise<void> {
  const { table } = walk;
  const row = rowOf(store.index, table, id);
  if (!row || !walk.which(row.extents)) return;
  const moved = await moveInline(store, row.extents);
  const content = moved ? moved.content : { extents: row.extents };
  const decide = (index: ObjectIndex): Decision<boolean> => {
    const now = rowOf(index, table, id);
    // Deleted or replaced, its number perhaps given to another: that one was stated by its record.
    const same = now && now.modified === row.modified && now.etag === row.etag;
    if (!same || !sameExtents(now.extents, row.extents)) return { records: [], result: false };
    const inline = moved?.inline ? { inline: moved.inline } : {};
    return { records: [now.record(content)], ...inline, result: true };
  };
  try {
    const used = await store.commit(decide);
    moved?.settle(used ? 'named' : 'refused');
  } catch (error) {
    moved?.settle('named');
    throw error;
  }
}

type NewContent = Pick<PutRecord, 'extents' | 'blob'>;

interface Restatable {
  readonly modified: number;
  readonly etag: string;
  readonly extents: Extents;
  record(content: NewContent): JournalRecord;
}

function rowOf(index: ObjectIndex, table: Walk['table'], id: number): Restatable | null {
  if (table === 'objects') {
    const row = index.objectRow(id);
    if (!row) return null;
    const { bucket, key, size, etag, modified: at, headers, checksums, upload, parts } = row;
    const facts = { bucket, key, size, etag, at, headers, checksums, upload, parts };
    return { ...row, record: (content) => ({ t: 'restate', ...facts, ...content }) };
  }
  const row = index.partRow(id);
  if (!row) return null;
  const { upload, number, size, etag, modified: at, checksums } = row;
  const facts = { upload, number, size, etag, at, checksums };
  return { ...row, record: (content) => ({ t: 'part', ...facts, ...content }) };
}

/**
 * Content in the journal, staged anew: in the record if it is small enough, else in a blob. Null
 * if there is none.
 */
async function moveInline(store: Compactable, extents: Extents): Promise<Staged | null> {
  const inline = extents.filter(([blob]) => blob.startsWith('j'));
  if (inline.length === 0) return null;
  const size = inline.reduce((sum, [, , length]) => sum + length, 0);
  const content = store.open(inline);
  try {
    const staged = await store.stage(copied(content.chunks()), size);
    const [target = ''] = staged.content.extents[0] ?? [];
    let offset = 0;
    const moved = extents.map(([blob, start, length]): Extent => {
      if (!blob.startsWith('j')) return [blob, start, length];
      offset += length;
      return [target, offset - length, length];
    });
    return { ...staged, content: { ...staged.content, extents: moved } };
  } finally {
    content.close();
  }
}

/** What is kept beyond one turn must be copied: the reader uses its buffers again. */
async function* copied(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const bytes of chunks) yield Buffer.from(bytes);
}

function sameExtents(a: Extents, b: Extents): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
