import { createCipheriv, createHash, randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';

const BLOCK = 16 * 1024 * 1024;

/** Writes fresh incompressible bytes, never seen before by any store, and flushes them to disk. */
export async function writeFreshFile(path: string, size: number): Promise<void> {
  const key = createHash('sha256').update(randomUUID()).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(BLOCK);
  const handle = await open(path, 'w');
  try {
    for (let left = size; left > 0; left -= BLOCK) {
      await handle.write(cipher.update(zeros.subarray(0, Math.min(left, BLOCK))));
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
