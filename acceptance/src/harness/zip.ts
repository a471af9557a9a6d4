import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { hashesBelow } from './test-files.ts';

/** Unpacks by somebody else's program, which checks every sum; path → hash, or `folder`. */
export async function hashesInArchive(path: string): Promise<Map<string, string>> {
  const folder = await mkdtemp(join(dirname(path), 'unpacked-'));
  try {
    await promisify(execFile)('unzip', ['-q', path, '-d', folder]);
    return await hashesBelow(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
