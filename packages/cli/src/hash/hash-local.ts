import type { HashedContent } from '@valise/client';
import { ClientError } from '@valise/client/errors';
import { type FileHasher, fileSource, hashStream } from '@valise/client-node/hashing';

/** How a path names standard input. */
export const STANDARD_INPUT = '-';

/**
 * Fingerprints a local file, or standard input. Throws `content-changed` when the file was written
 * to meanwhile: what was read might be a mixture that never was.
 */
export async function hashLocal(
  path: string,
  { hasher, signal }: { readonly hasher: FileHasher; readonly signal: AbortSignal },
): Promise<HashedContent> {
  if (path === STANDARD_INPUT) return hashStream(process.stdin, { signal });
  const source = fileSource(path);
  try {
    const before = await source.identity();
    const hashed = await hasher.hash(source, { signal });
    if ((await source.identity()) === before) return hashed;
    throw new ClientError('content-changed', `${path} changed while it was read.`);
  } finally {
    await source.close();
  }
}
