import { type ApiClient, streamFile, type TransferDeps } from '@valise/client';
import type { File as StoredFile } from '@valise/core/wire';
import { type LinkBook, openLinkBook } from './link-book.ts';

/** One member of an archive: a file, or (with a slash at its end) a folder. */
export interface ArchiveEntry {
  readonly path: string;
  readonly file: StoredFile;
}

/** Everything below `roots`, folders before what is in them. Links have no content to pack. */
export async function listEntries(
  api: Pick<ApiClient, 'files'>,
  roots: readonly StoredFile[],
): Promise<ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  const add = async (files: readonly StoredFile[], prefix: string): Promise<void> => {
    const taken = new Set<string>();
    for (const file of files) {
      if (file.kind === 'symlink' || file.status !== 'uploaded') continue;
      const name = freeName(safeName(file.name), taken);
      const path = `${prefix}${name}`;
      if (file.kind === 'file') {
        entries.push({ path, file });
        continue;
      }
      entries.push({ path: `${path}/`, file });
      await add(await api.files.children(file.id, { patient: true }), `${path}/`);
    }
  };
  await add(roots, '');
  return entries;
}

/** A backslash separates folders on Windows, where an archive may be unpacked. */
function safeName(name: string): string {
  return name.replaceAll('\\', '_');
}

/** What comes from several folders (a search, say) may have one name. */
function freeName(name: string, taken: Set<string>): string {
  const [, stem = name, ending = ''] = /^(.+?)(\.[^.]{1,16})?$/s.exec(name) ?? [];
  let candidate = name;
  for (let number = 2; taken.has(candidate.toLowerCase()); number++) {
    candidate = `${stem} (${number})${ending}`;
  }
  taken.add(candidate.toLowerCase());
  return candidate;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Small files are fetched ahead of their turn: so many, and so many bytes of them. */
const FILES_AHEAD = 8;
const BYTES_AHEAD = 16 * 1_048_576;

export interface ArchiveMember {
  readonly name: string;
  readonly lastModified: Date;
  readonly size?: number;
  readonly input?: AsyncIterable<Bytes>;
}

/** The members in order, each with its verified bytes. */
export async function* members(
  deps: TransferDeps,
  entries: readonly ArchiveEntry[],
  signal: AbortSignal,
): AsyncGenerator<ArchiveMember> {
  const ahead: { readonly entry: ArchiveEntry; readonly bytes: AsyncGenerator<Bytes> }[] = [];
  let held = 0;
  const links = openLinkBook(
    deps,
    entries.map(({ file }) => file),
  );
  const take = () => {
    const next = ahead.shift();
    if (next === undefined) return null;
    held -= next.entry.file.size;
    const { path, file } = next.entry;
    const lastModified = new Date(file.modifiedAt);
    if (file.kind === 'folder') return { name: path, lastModified };
    return { name: path, lastModified, input: next.bytes, size: file.size };
  };
  for (const entry of entries) {
    const { file } = entry;
    const isFull =
      ahead.length >= FILES_AHEAD || (ahead.length > 0 && held + file.size > BYTES_AHEAD);
    if (isFull) {
      const member = take();
      if (member !== null) yield member;
    }
    held += file.size;
    ahead.push({
      entry,
      bytes: eager(streamed(deps, file, { links, signal })),
    });
  }
  for (let member = take(); member !== null; member = take()) yield member;
}

/** Asks for the first piece at once. */
async function* eagerly(
  first: Promise<IteratorResult<Bytes>>,
  rest: AsyncGenerator<Bytes>,
): AsyncGenerator<Bytes> {
  try {
    for (let piece = await first; !piece.done; piece = await rest.next()) {
      if (piece.value.length > 0) yield piece.value;
    }
  } finally {
    await rest.return(undefined);
  }
}

function eager(source: AsyncGenerator<Bytes>): AsyncGenerator<Bytes> {
  const first = source.next();
  first.catch(() => undefined);
  return eagerly(first, source);
}

async function* streamed(
  deps: TransferDeps,
  file: StoredFile,
  { links, signal }: { readonly links: LinkBook; readonly signal: AbortSignal },
): AsyncGenerator<Bytes> {
  const link = await links.linkTo(file, signal);
  yield* streamFile(deps, file, { signal, link }) as AsyncGenerator<Bytes>;
}
