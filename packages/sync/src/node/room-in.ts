import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** Whatever the disk's own blocks are: stat(2). */
const BLOCK = 512;

/** How many bytes can be received into a folder: what is free, and what lies there half received. */
export async function roomIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  let room = bavail * bsize;
  for (const name of await readdir(folder)) {
    // Placed meanwhile, it takes room elsewhere on that disk.
    const there = await stat(join(folder, name)).catch(() => null);
    room += (there?.blocks ?? 0) * BLOCK;
  }
  return room;
}
