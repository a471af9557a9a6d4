import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckedBlobs } from './blob-check.ts';
import { BlobFiles } from './blob-files.ts';
import { type Disk, realDisk } from './disk.ts';
import { checkRows, Damage, type Fault } from './faults.ts';
import { rebuildIndex, removeIndex } from './index-recovery.ts';
import { Journal } from './journal.ts';
import type { ObjectIndex } from './object-index.ts';
import { repairFolder } from './repair.ts';
import type { DamagedRange } from './segment.ts';
import { openWritable, type WritableIndex } from './writable-index.ts';

/*
 * Checks a folder that no process serves.
 *
 * 1. The whole journal is read, each frame with its small content proved by its CRC, into an index
 *    of its own, beside the one that the store uses.
 * 2. Every blob file that it names is read and compared with its length and CRC.
 * 3. Every extent of every object and part must lie in an intact blob or frame, together they must
 *    have the object's length, and references must have been counted right.
 * 4. The store's index, if it is as far as the journal, must say the same. One that isn't (a copy
 *    was taken at another moment) can't be compared, and is replaced by the new one.
 */

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

const CHECK_INDEX = 'check.db';

/** The caller holds the folder's lock. */
export async function checkFolder(
  root: string,
  options: { repair: boolean; disk?: Disk },
): Promise<CheckReport> {
  const disk = options.disk ?? realDisk;
  const checkIndex = join(root, CHECK_INDEX);
  const checked = await check(root, disk);
  const { report } = checked;
  if (options.repair && report.faults.length > 0) {
    await removeIndex(checkIndex);
    const faults = await repairFolder(root, disk, { ...checked, faults: report.faults });
    return { ...report, faults };
  }
  if (report.faults.length === 0 && checked.indexIsBehind) {
    await removeIndex(join(root, 'index.db'));
    await rename(checkIndex, join(root, 'index.db'));
  }
  await removeIndex(checkIndex);
  return report;
}

interface Checked {
  readonly report: CheckReport;
  readonly blobs: CheckedBlobs;
  readonly indexIsBehind: boolean;
}

async function check(root: string, disk: Disk): Promise<Checked> {
  const faults: Fault[] = [];
  const damage = new Damage();
  const onDamage = (detail: string, range?: DamagedRange): void => {
    faults.push({ kind: 'journal', detail });
    damage.add(range);
  };
  const files = await BlobFiles.open(root, disk);
  const { journal } = await Journal.open(join(root, 'journal'), disk, onDamage);
  try {
    const index = await rebuildIndex(join(root, CHECK_INDEX), journal, { onDamage });
    try {
      const blobs = new CheckedBlobs();
      await blobs.checkAll(index, files, (blob, detail) => {
        faults.push({ kind: 'blob', blob, detail });
      });
      checkRows(index, (extents) => damage.spares(journal, blobs, extents), faults);
      for (const detail of index.miscounted()) faults.push({ kind: 'references', detail });
      const indexIsBehind = !compareIndex(index, join(root, 'index.db'), faults);
      const unused = await countUnused(index, files);
      const { objects, parts } = index.counts();
      const { bytes, withoutCrc, good, bad } = blobs;
      const counts = { objects, parts, blobs: good.size + bad.size, bytes, withoutCrc, unused };
      return { report: { ...counts, faults }, blobs, indexIsBehind };
    } finally {
      index.close();
    }
  } finally {
    await journal.close();
  }
}

/** False when the index is missing or not as far as the journal: then it says nothing. */
function compareIndex(index: WritableIndex, path: string, faults: Fault[]): boolean {
  if (!existsSync(path)) return false;
  const found = openWritable(path);
  if (!found) return false;
  try {
    const [ours, theirs] = [index.position(), found.position()];
    if (ours.segment !== theirs.segment || ours.offset !== theirs.offset) return false;
    for (const table of index.differsFrom(path)) {
      faults.push({ kind: 'index', detail: `the index's table ${table} differs from the journal` });
    }
  } catch (error) {
    faults.push({ kind: 'index', detail: String(error) });
  } finally {
    found.close();
  }
  return true;
}

async function countUnused(index: ObjectIndex, blobs: BlobFiles): Promise<number> {
  let unused = 0;
  for await (const id of blobs.list()) {
    if (!index.knowsBlob(id)) unused += 1;
  }
  return unused;
}
