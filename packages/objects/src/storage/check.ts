import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { BlobFiles } from './blob-files.ts';
import { type Disk, realDisk } from './disk.ts';
import type { Extents } from './extent.ts';
import type { DiskFile } from './file-io.ts';
import { rebuildIndex, removeIndex } from './index-recovery.ts';
import { type DamagedRange, Journal } from './journal.ts';
import type { BlobRow, ObjectIndex } from './object-index.ts';
import { openStorage } from './storage.ts';
import { openWritable, type WritableIndex } from './writable-index.ts';

/*
 * Checks a folder that no process serves.
 *
 * 1. The whole journal is read, each frame with its small content proved by its CRC, into an index
 *    of its own, beside the one that the store uses.
 * 2. Every blob file that it names is read and compared with its length and CRC.
 * 3. Every extent of every object and part must lie in an intact blob or frame, together they must
 *    have the object's length, and references must have been counted right.
 * 4. The store's index, if it is as far as the journal, must say the same.
 *
 * A repair keeps what is intact: objects and uploads with damaged content are removed, damaged
 * blobs set aside in `damaged/`, the index is replaced and a damaged journal is rewritten.
 */

export type Fault =
  | { readonly kind: 'journal' | 'index' | 'references'; readonly detail: string }
  | { readonly kind: 'blob'; readonly blob: string; readonly detail: string }
  | { readonly kind: 'object'; readonly bucket: string; readonly key: string }
  | { readonly kind: 'part'; readonly upload: string; readonly number: number };

export interface CheckReport {
  readonly objects: number;
  readonly parts: number;
  readonly blobs: number;
  /** Of blobs, read and compared. */
  readonly bytes: number;
  /** Blobs of an earlier version that have no CRC: only their length was compared. */
  readonly withoutCrc: number;
  /** Blobs that nothing names. No fault: a crash leaves them, a start removes them. */
  readonly unused: number;
  readonly faults: readonly Fault[];
}

interface Checked {
  readonly report: CheckReport;
  readonly badBlobs: ReadonlySet<string>;
}

const PAGE = 500;
const READ_SIZE = 1024 * 1024;
const CHECK_INDEX = 'check.db';

/** The caller holds the folder's lock. */
export async function checkFolder(
  root: string,
  options: { repair: boolean; disk?: Disk },
): Promise<CheckReport> {
  const disk = options.disk ?? realDisk;
  const checked = await check(root, disk);
  const { report } = checked;
  if (options.repair && report.faults.length > 0) await repair(root, disk, checked);
  else await removeIndex(join(root, CHECK_INDEX));
  return report;
}

async function check(root: string, disk: Disk): Promise<Checked> {
  const faults: Fault[] = [];
  const damaged: DamagedRange[] = [];
  const onDamage = (detail: string, range?: DamagedRange): void => {
    faults.push({ kind: 'journal', detail });
    if (range) damaged.push(range);
  };
  const blobs = await BlobFiles.open(root, disk);
  const { journal } = await Journal.open(join(root, 'journal'), disk, onDamage);
  try {
    const index = await rebuildIndex(join(root, CHECK_INDEX), journal, onDamage);
    try {
      const hashed = await checkBlobs(index, blobs, faults);
      const intact = (extents: Extents): boolean =>
        extents.every(([blob, from, length]) =>
          blob.startsWith('j')
            ? isInJournal(journal, damaged, { segment: Number(blob.slice(1)), from, length })
            : !hashed.badBlobs.has(blob),
        );
      checkRows(index, intact, faults);
      for (const detail of index.miscounted()) faults.push({ kind: 'references', detail });
      compareIndex(index, join(root, 'index.db'), faults);
      const unused = await countUnused(index, blobs);
      const { objects, parts } = index.counts();
      const { badBlobs, ...counted } = hashed;
      return { report: { objects, parts, ...counted, unused, faults }, badBlobs };
    } finally {
      index.close();
    }
  } finally {
    await journal.close();
  }
}

async function checkBlobs(index: ObjectIndex, blobs: BlobFiles, faults: Fault[]) {
  const badBlobs = new Set<string>();
  let count = 0;
  let bytes = 0;
  let withoutCrc = 0;
  for (let after = ''; ; ) {
    const page = index.blobsAfter(after, PAGE);
    for (const row of page) {
      const { size, problem } = await checkBlob(blobs, row);
      count += 1;
      bytes += size;
      if (row.crc === null) withoutCrc += 1;
      if (problem === null) continue;
      badBlobs.add(row.id);
      faults.push({ kind: 'blob', blob: row.id, detail: problem });
    }
    const last = page.at(-1);
    if (!last) return { badBlobs, blobs: count, bytes, withoutCrc };
    after = last.id;
  }
}

async function checkBlob(
  blobs: BlobFiles,
  row: BlobRow,
): Promise<{ size: number; problem: string | null }> {
  const file = await blobs.read(row.id).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!file) return { size: 0, problem: 'is missing' };
  try {
    const { size } = await file.stat();
    if (row.size !== null && size !== row.size) {
      return { size, problem: `has ${size} bytes instead of ${row.size}` };
    }
    if (row.crc === null) return { size, problem: null };
    const same = (await crcOf(file, size)) === row.crc;
    return { size, problem: same ? null : 'has other content than was stored' };
  } catch (error) {
    // What the disk can't read is as good as altered.
    if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
    return { size: 0, problem: 'can not be read' };
  } finally {
    await file.close();
  }
}

async function crcOf(file: DiskFile, size: number): Promise<number> {
  const buffer = Buffer.allocUnsafeSlow(READ_SIZE);
  let crc = 0;
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(buffer, 0, READ_SIZE, at);
    if (bytesRead === 0) break;
    crc = crc32(buffer.subarray(0, bytesRead), crc);
    at += bytesRead;
  }
  return crc;
}

function isInJournal(
  journal: Journal,
  damaged: readonly DamagedRange[],
  place: { segment: number; from: number; length: number },
): boolean {
  const { segment, from } = place;
  const to = from + place.length;
  if (!journal.has({ segment, offset: to })) return false;
  return !damaged.some((hole) => hole.segment === segment && hole.from < to && from < hole.to);
}

function checkRows(index: ObjectIndex, intact: (e: Extents) => boolean, faults: Fault[]): void {
  const isWhole = (row: { size: number; extents: Extents }): boolean =>
    row.extents.reduce((sum, [, , length]) => sum + length, 0) === row.size && intact(row.extents);
  for (const id of allRows(index, 'objects')) {
    const row = index.objectRow(id);
    if (row && !isWhole(row)) faults.push({ kind: 'object', bucket: row.bucket, key: row.key });
  }
  for (const id of allRows(index, 'parts')) {
    const row = index.partRow(id);
    if (!row || isWhole(row)) continue;
    faults.push({ kind: 'part', upload: row.upload, number: row.number });
  }
}

function* allRows(index: ObjectIndex, table: 'objects' | 'parts'): Generator<number> {
  const last = index.lastRow(table);
  for (let after = 0; ; ) {
    const ids = index.rowIds(table, { after, last, limit: PAGE });
    if (ids.length === 0) return;
    yield* ids;
    after = ids.at(-1) ?? last;
  }
}

/** An index that is behind catches up at the next start: that one isn't compared. */
function compareIndex(index: WritableIndex, path: string, faults: Fault[]): void {
  if (!existsSync(path)) return;
  const found = openWritable(path);
  if (!found) return;
  try {
    const [ours, theirs] = [index.position(), found.position()];
    if (ours.segment !== theirs.segment || ours.offset !== theirs.offset) return;
    for (const table of index.differsFrom(path)) {
      faults.push({ kind: 'index', detail: `the index's table ${table} differs from the journal` });
    }
  } catch (error) {
    faults.push({ kind: 'index', detail: String(error) });
  } finally {
    found.close();
  }
}

async function countUnused(index: ObjectIndex, blobs: BlobFiles): Promise<number> {
  let unused = 0;
  for await (const id of blobs.list()) {
    if (!index.knowsBlob(id)) unused += 1;
  }
  return unused;
}

async function repair(root: string, disk: Disk, { report, badBlobs }: Checked): Promise<void> {
  await removeIndex(join(root, 'index.db'));
  await rename(join(root, CHECK_INDEX), join(root, 'index.db'));
  const blobs = await BlobFiles.open(root, disk);
  for (const { kind, ...fault } of report.faults) {
    if (kind !== 'blob' || !('blob' in fault) || !badBlobs.has(fault.blob)) continue;
    await blobs.setAside(fault.blob, join(root, 'damaged')).catch(ignoreMissing);
  }
  const onBroken = (error: unknown): never => {
    throw error;
  };
  const storage = await openStorage(root, { disk, onBroken, onDamage: () => undefined });
  try {
    for (const fault of report.faults) {
      if (fault.kind === 'object') {
        const { bucket, key } = fault;
        await storage.commit(() => ({ records: [{ t: 'del', bucket, key }], result: null }));
      } else if (fault.kind === 'part') {
        const { upload } = fault;
        await storage.commit(() => ({ records: [{ t: 'abort', upload }], result: null }));
      }
    }
    // Behind a compaction nothing refers to the damaged places any more.
    if (report.faults.some(({ kind }) => kind === 'journal')) await storage.compact();
  } finally {
    await storage.close();
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
