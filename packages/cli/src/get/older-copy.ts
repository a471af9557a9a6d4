import { type ContentHasher, isClientError, type LocalContent } from '@valise/client';
import { fileSource } from '@valise/client-node';
import { look } from './local-place.ts';

/** Bytes: less than this has hardly a chunk in common with a file that is worth comparing. */
const WORTH_READING = 262_144;

/**
 * What stands where a file is to go: probably an older copy of it, so its chunks are looked at
 * first. Null for nothing, or nothing that can be read. The caller closes the source.
 */
export async function openOlderCopy(
  hasher: ContentHasher,
  localPath: string,
  options: { readonly signal: AbortSignal; onHashed(bytes: number): void },
): Promise<LocalContent | null> {
  const there = await look(localPath);
  if (!there?.isFile() || there.size < WORTH_READING) return null;
  const source = openIfReadable(localPath);
  if (source === null) return null;
  try {
    const { signal, onHashed: onProgress } = options;
    const { records, fingerprint } = await hasher.hash(source, { signal, onProgress });
    return { source, records, fingerprint };
  } catch (error) {
    await source.close();
    if (isClientError(error, 'content-changed')) return null;
    throw error;
  }
}

function openIfReadable(path: string) {
  try {
    return fileSource(path);
  } catch (error) {
    if (isClientError(error, 'local-file')) return null;
    throw error;
  }
}
