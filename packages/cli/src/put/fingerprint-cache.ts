import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ContentHasher, HashedContent } from '@valise/client';
import { isFileSource } from '@valise/client-node';
import { DIGEST_BYTES } from '@valise/core/chunking';

/** Below this, hashing again costs less than looking up. */
const WORTH_KEEPING = 64 * 1024 * 1024;
/** A manifest of 50 GiB takes 7 MB; so all of them stay below half a gigabyte, most far below. */
const ENTRIES = 64;
/**
 * A file written within a clock tick of being hashed may change again without its times changing.
 * Only what had rested for so long can be trusted to be recognised.
 */
const REST_MS = 2_000;

/**
 * Remembers the fingerprints of large files, so that an interrupted `put` doesn't read gigabytes
 * again before it goes on. A file is the same while path, size, inode and both times in nanoseconds
 * are; the change time is set by the kernel alone. What is lost or damaged here is computed anew, and
 * the uploader compares what it sends with the fingerprint in any case.
 */
export function rememberFingerprints(
  hasher: ContentHasher,
  { folder, now }: { readonly folder: string; readonly now: () => number },
): ContentHasher {
  return {
    async hash(source, options = {}) {
      if (!isFileSource(source) || source.size < WORTH_KEEPING) return hasher.hash(source, options);
      const entry = entryFor(folder, source.path);
      const begun = now();
      const before = await identify(source.path);
      const known = await load(entry, before.identity);
      if (known !== null) {
        options.onProgress?.(known.size);
        return known;
      }
      const hashed = await hasher.hash(source, options);
      const after = await identify(source.path);
      const rested = begun - before.changedAt > REST_MS;
      if (rested && after.identity === before.identity) {
        await save(entry, before.identity, hashed);
      }
      return hashed;
    },
  };
}

/** For a file that turned out to be another than remembered. */
export async function forgetFingerprint(folder: string, path: string): Promise<void> {
  await rm(entryFor(folder, path), { force: true });
}

function entryFor(folder: string, path: string): string {
  return join(folder, createHash('sha256').update(resolve(path)).digest('hex'));
}

async function identify(path: string): Promise<{ identity: string; changedAt: number }> {
  const stats = await lstat(path, { bigint: true });
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return {
    identity: [dev, ino, size, mtimeNs, ctimeNs].join(' '),
    changedAt: Math.max(Number(stats.mtimeMs), Number(stats.ctimeMs)),
  };
}

interface Header {
  readonly identity: string;
  readonly size: number;
  readonly fingerprint: string;
  /** Bytes of the parts whose digests come first, and how many there are; 0 for none. */
  readonly partSize: number;
  readonly partDigests: number;
  /** Of all that follows: a torn file must not pass for a manifest. */
  readonly digest: string;
}

/** One JSON line, then the parts' digests, then the records. */
async function load(entry: string, identity: string): Promise<HashedContent | null> {
  const bytes = await readFile(entry).catch(nullIfMissing);
  const end = bytes?.indexOf(10) ?? -1;
  if (bytes === null || end < 0) return null;
  const header = parseHeader(bytes.subarray(0, end).toString('utf8'));
  const rest = bytes.subarray(end + 1);
  if (header?.identity !== identity || header.digest !== digestOf(rest)) return null;
  const { size, fingerprint, partSize, partDigests } = header;
  const digests = rest.subarray(0, partDigests * DIGEST_BYTES);
  const records = rest.subarray(digests.length);
  const parts = partDigests === 0 ? {} : { parts: { size: partSize, digests } };
  return { size, fingerprint, records, ...parts };
}

async function save(
  entry: string,
  identity: string,
  { size, fingerprint, records, parts }: HashedContent,
): Promise<void> {
  const folder = dirname(entry);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const rest = Buffer.concat([parts?.digests ?? Buffer.alloc(0), records]);
  const header: Header = {
    identity,
    size,
    fingerprint,
    partSize: parts?.size ?? 0,
    partDigests: (parts?.digests.length ?? 0) / DIGEST_BYTES,
    digest: digestOf(rest),
  };
  const draft = `${entry}.${process.pid}`;
  const line = Buffer.from(`${JSON.stringify(header)}\n`);
  await writeFile(draft, Buffer.concat([line, rest]), { mode: 0o600 });
  await rename(draft, entry);
  await prune(folder);
}

async function prune(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= ENTRIES) return;
  const dated = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return { path, at: (await stat(path).catch(nullIfMissing))?.mtimeMs ?? 0 };
    }),
  );
  const oldest = dated.sort((a, b) => a.at - b.at).slice(0, names.length - ENTRIES);
  await Promise.all(oldest.map(({ path }) => rm(path, { force: true })));
}

function parseHeader(line: string): Header | null {
  try {
    const value: Partial<Header> | null = JSON.parse(line);
    const { identity, size, fingerprint, digest, partSize, partDigests } = value ?? {};
    if (typeof identity !== 'string' || typeof digest !== 'string') return null;
    if (typeof size !== 'number' || typeof fingerprint !== 'string') return null;
    if (typeof partSize !== 'number' || typeof partDigests !== 'number') return null;
    return { identity, size, fingerprint, digest, partSize, partDigests };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function digestOf(records: Uint8Array): string {
  return createHash('sha256').update(records).digest('hex');
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
