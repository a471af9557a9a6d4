import { crc32 } from 'node:zlib';
import type { BlobFiles } from './blob-files.ts';
import type { DiskFile } from './file-io.ts';
import type { BlobRow, ObjectIndex } from './object-index.ts';

const PAGE = 500;
const READ_SIZE = 1024 * 1024;

/** What is known of blobs whose content was read and compared. */
export class CheckedBlobs {
  readonly good = new Set<string>();
  readonly bad = new Set<string>();
  /** Of blobs that were read. */
  bytes = 0;
  /** Blobs of an earlier version that have no CRC: only their length was compared. */
  withoutCrc = 0;

  /** Reads those that the index names and that weren't read before. */
  async checkAll(
    index: ObjectIndex,
    blobs: BlobFiles,
    onBad: (blob: string, problem: string) => void,
  ): Promise<void> {
    for (let after = ''; ; ) {
      const page = index.blobsAfter(after, PAGE);
      for (const row of page) {
        if (this.good.has(row.id) || this.bad.has(row.id)) continue;
        const { size, problem } = await checkBlob(blobs, row);
        this.bytes += size;
        if (row.crc === null) this.withoutCrc += 1;
        (problem === null ? this.good : this.bad).add(row.id);
        if (problem !== null) onBad(row.id, problem);
      }
      const last = page.at(-1);
      if (!last) return;
      after = last.id;
    }
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
