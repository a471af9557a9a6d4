import type { ContentHasher } from '@valise/client';
import { fileSource } from '@valise/client-node';
import type { File } from '@valise/core/wire';
import type { Meter } from '../output/meter.ts';
import { look } from './local-place.ts';

/**
 * Whether the local file is the remote one already: same size, time and mode, and then, because
 * these can lie, the same fingerprint.
 */
export async function isUnchanged(
  { hasher, meter, signal }: { hasher: ContentHasher; meter: Meter; signal: AbortSignal },
  file: File,
  localPath: string,
): Promise<boolean> {
  const there = await look(localPath);
  if (file.fingerprint === null || !there?.isFile() || there.size !== file.size) return false;
  if (there.mtime.getTime() !== Date.parse(file.modifiedAt)) return false;
  if (((there.mode & 0o100) !== 0) !== file.executable) return false;
  const source = fileSource(localPath);
  try {
    const onProgress = (bytes: number) => meter.advance('verifying', bytes);
    const { fingerprint } = await hasher.hash(source, { signal, onProgress });
    return fingerprint === file.fingerprint;
  } finally {
    await source.close();
  }
}
