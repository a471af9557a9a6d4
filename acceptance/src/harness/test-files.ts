import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pseudoRandom } from './content.ts';

const BLOCK = 8 * 1024 * 1024;

/** Writes bytes that nothing else has; of any size, for they are made block by block. */
export async function writeRandomFile(path: string, size: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  try {
    for (let at = 0; at < size; at += BLOCK) {
      await file.write(pseudoRandom(`${path} ${at}`, Math.min(BLOCK, size - at)));
    }
  } finally {
    await file.close();
  }
}

export async function hashOfFile(path: string): Promise<string> {
  return await hashOf(createReadStream(path));
}

/** What a URL serves, without holding it. */
export async function hashOfUrl(url: string): Promise<string> {
  const answer = await fetch(url);
  if (!answer.ok || answer.body === null) throw new Error(`${answer.status} from the store`);
  return await hashOf(answer.body);
}

async function hashOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const hash: Hash = createHash('sha256');
  await pipeline(source, hash);
  return hash.digest('hex');
}

/** Path → hash of every file below, → `folder` of every empty folder. */
export async function hashesBelow(root: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(root, path);
    if (entry.isFile()) found.set(name, await hashOfFile(path));
    else if ((await readdir(path)).length === 0) found.set(name, 'folder');
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
