import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprintOfRecords } from '@valise/core/manifest';
import { SINGLE_PUT_LIMIT } from '@valise/core/plan';
import type { File } from '@valise/core/wire';

/** 36 bytes per 256 KiB of content: these many of 1 GiB each take 300 MB, of 10 MiB each 3 MB. */
const ENTRIES = 2_048;

/** Where a file stands on the server. */
export interface RemotePlace {
  readonly parentId: string | null;
  readonly name: string;
}

/** A version that this device put or got: what it consists of. */
export interface RememberedVersion {
  readonly fileId: string;
  readonly version: number;
  /** Its packed manifest. */
  readonly records: Uint8Array;
}

/**
 * Remembers the chunk lists of large files that went up or came down, so that whoever sends an edited
 * one next can tell the difference alone. Only what was verified here belongs into it. What is lost or
 * damaged costs a longer call, nothing else.
 */
export interface KnownVersions {
  /** Null also for what can't be read. */
  find(place: RemotePlace): Promise<RememberedVersion | null>;
  /** Never rejects for a disk that doesn't take it: whatever it speaks of went up or down already. */
  remember(file: File, records: Uint8Array | undefined): Promise<void>;
}

/** One file per place in `folder`; `server` sets those of several servers apart. */
export function createKnownVersions(folder: string, server: string): KnownVersions {
  const entryFor = ({ parentId, name }: RemotePlace) =>
    join(
      folder,
      createHash('sha256')
        .update(JSON.stringify([server, parentId, name]))
        .digest('hex'),
    );
  return {
    async find(place) {
      const bytes = await readFile(entryFor(place)).catch(nullOfDisk);
      return bytes === null ? null : parseEntry(bytes);
    },
    async remember(file, records) {
      if (file.size <= SINGLE_PUT_LIMIT || records === undefined || records.length === 0) return;
      // Somebody else's next version may have been there by the time of the answer.
      if (file.fingerprint !== fingerprintOfRecords(records, sha256)) return;
      const header = { fileId: file.id, version: file.version, digest: digestOf(records) };
      const line = Buffer.from(`${JSON.stringify(header)}\n`);
      const content = Buffer.concat([line, records]);
      await write(folder, entryFor(file), content).catch(nullOfDisk);
    },
  };
}

async function write(folder: string, entry: string, content: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${entry}.${process.pid}`;
  try {
    await writeFile(draft, content, { mode: 0o600 });
    await rename(draft, entry);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await prune(folder);
}

/** One JSON line, then the records; null for a torn one. */
function parseEntry(bytes: Buffer): RememberedVersion | null {
  const end = bytes.indexOf(10);
  const records = bytes.subarray(end + 1);
  try {
    const value: { fileId?: unknown; version?: unknown; digest?: unknown } | null = JSON.parse(
      bytes.subarray(0, Math.max(end, 0)).toString('utf8'),
    );
    const { fileId, version, digest } = value ?? {};
    if (typeof fileId !== 'string' || typeof version !== 'number') return null;
    return digest === digestOf(records) ? { fileId, version, records } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

async function prune(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= ENTRIES) return;
  const dated = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return { path, at: (await stat(path).catch(nullOfDisk))?.mtimeMs ?? 0 };
    }),
  );
  // A few more than needed, so that not every file has to look again.
  const tooMany = names.length - ENTRIES + ENTRIES / 16;
  const oldest = dated.sort((a, b) => a.at - b.at).slice(0, tooMany);
  await Promise.all(oldest.map(({ path }) => rm(path, { force: true })));
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

function digestOf(records: Uint8Array): string {
  return createHash('sha256').update(records).digest('hex');
}

/** A full or broken disk, or nothing there. */
function nullOfDisk(error: NodeJS.ErrnoException): null {
  if (error.syscall !== undefined) return null;
  throw error;
}
