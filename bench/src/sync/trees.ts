import { randomFillSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const PER_FOLDER = 1_000;

/** Files of fresh random bytes, a thousand to a folder. */
export async function makeFiles(root: string, count: number, size: number): Promise<void> {
  const content = Buffer.alloc(size);
  for (let made = 0; made < count; made++) {
    const folder = join(root, `folder ${Math.floor(made / PER_FOLDER)}`);
    if (made % PER_FOLDER === 0) await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `file ${made}`), randomFillSync(content));
  }
}
