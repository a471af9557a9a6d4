import { join } from 'node:path';
import type { CheckedBlobs } from './blob-check.ts';
import { BlobFiles } from './blob-files.ts';
import type { Disk } from './disk.ts';
import { checkRows, Damage, type Fault } from './faults.ts';
import { rebuildIndex } from './index-recovery.ts';
import { Journal } from './journal.ts';
import { openStorage, type Storage } from './storage.ts';

/*
 * Keeps what is intact of a folder in which a check found faults.
 *
 * 1. The index is made anew from all of the journal that can be read, records whose content isn't
 *    there passed over: what stood before them stays. In a copy that was taken while the store
 *    served, that is how an object survives whose new content came too late to be copied.
 * 2. That may name older blobs which nobody has read yet: they are checked, and if one is bad, too,
 *    it is done over.
 * 3. Damaged blobs are set aside in `damaged/`, objects and uploads that are still not whole go.
 * 4. The journal is rewritten, so that nothing names what isn't there any more.
 */

export interface Found {
  readonly faults: readonly Fault[];
  /** Grows by what is found to be bad on the way. */
  readonly blobs: CheckedBlobs;
}

/** Answers the faults, those of objects with what is left of them. */
export async function repairFolder(
  root: string,
  disk: Disk,
  { faults, blobs }: Found,
): Promise<readonly Fault[]> {
  const files = await BlobFiles.open(root, disk);
  const more: Fault[] = [];
  const broken = await rebuild(root, { disk, files, blobs, faults: more });
  for (const id of blobs.bad) await files.setAside(id, join(root, 'damaged')).catch(ignoreMissing);
  const onBroken = (error: unknown): never => {
    throw error;
  };
  const storage = await openStorage(root, { disk, onBroken, onDamage: () => undefined });
  try {
    await removeBroken(storage, broken);
    await storage.compact();
    await storage.journal.removeRetired(Number.POSITIVE_INFINITY);
    return [...faults, ...more].map((fault) =>
      fault.kind === 'object' ? { ...fault, left: leftOf(storage, fault) } : fault,
    );
  } finally {
    await storage.close();
  }
}

/** Makes the index anew; answers what is not whole even so. */
async function rebuild(
  root: string,
  { disk, files, blobs, faults }: Found & { disk: Disk; files: BlobFiles; faults: Fault[] },
): Promise<readonly Fault[]> {
  for (;;) {
    const damage = new Damage();
    const { journal } = await Journal.open(join(root, 'journal'), disk, () => undefined);
    try {
      const index = await rebuildIndex(join(root, 'index.db'), journal, {
        onDamage: (_detail, range) => damage.add(range),
        isIntact: (extents) => damage.spares(journal, blobs, extents),
      });
      try {
        const before = blobs.bad.size;
        await blobs.checkAll(index, files, (blob, detail) => {
          faults.push({ kind: 'blob', blob, detail });
        });
        if (blobs.bad.size > before) continue;
        const broken: Fault[] = [];
        checkRows(index, (extents) => damage.spares(journal, blobs, extents), broken);
        return broken;
      } finally {
        index.close();
      }
    } finally {
      await journal.close();
    }
  }
}

async function removeBroken(storage: Storage, broken: readonly Fault[]): Promise<void> {
  for (const fault of broken) {
    if (fault.kind === 'object') {
      const { bucket, key } = fault;
      await storage.commit(() => ({ records: [{ t: 'del', bucket, key }], result: null }));
    } else if (fault.kind === 'part') {
      const { upload } = fault;
      await storage.commit(() => ({ records: [{ t: 'abort', upload }], result: null }));
    }
  }
}

function leftOf(storage: Storage, { bucket, key }: { bucket: string; key: string }) {
  return storage.index.object(bucket, key) ? 'older' : 'nothing';
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
