import type { NewUpload } from './protocol.ts';

export interface Dropped {
  readonly uploads: readonly NewUpload[];
  readonly emptyFolders: readonly (readonly string[])[];
}

/** Handles outlive a reload; only some browsers give them, and only to pages they trust. */
interface HandleItem extends DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

const newId = () => crypto.randomUUID?.() ?? `${performance.now()}-${Math.random()}`;

/** So often the walk through a dropped folder lets the page breathe. */
const BREATHE_EVERY = 200;

/** What was dropped, folders and all. Must be called while the drop is being handled. */
export async function readDropped(transfer: DataTransfer): Promise<Dropped> {
  // The list is emptied as soon as this turn ends: everything is asked for at once.
  const roots = [...transfer.items]
    .filter(({ kind }) => kind === 'file')
    .map((item: HandleItem) => ({
      handle: item.getAsFileSystemHandle?.().catch(() => null) ?? Promise.resolve(null),
      entry: item.webkitGetAsEntry(),
      file: item.getAsFile(),
    }));
  const walk = new Walk();
  for (const { handle, entry, file } of roots) {
    const known = await handle;
    if (known !== null) await walk.handle(known, []);
    else if (entry !== null) await walk.entry(entry, []);
    else if (file !== null) walk.file(file, { path: [], handle: null });
  }
  return walk;
}

/** What a picker gave; a folder's files know their path. */
export function chosenFiles(files: readonly File[]): Dropped {
  const uploads = files.map((file) => ({
    id: newId(),
    file,
    handle: null,
    path: file.webkitRelativePath.split('/').slice(0, -1),
  }));
  return { uploads, emptyFolders: [] };
}

class Walk implements Dropped {
  readonly uploads: NewUpload[] = [];
  readonly emptyFolders: (readonly string[])[] = [];
  #steps = 0;

  file(file: File, at: Pick<NewUpload, 'path' | 'handle'>): void {
    this.uploads.push({ id: newId(), file, ...at });
  }

  async handle(handle: FileSystemHandle, path: readonly string[]): Promise<void> {
    await this.#breathe();
    if (isFileHandle(handle)) {
      this.file(await handle.getFile(), { path, handle });
      return;
    }
    const inside = [...path, handle.name];
    const folder = handle as FileSystemDirectoryHandle;
    let isEmpty = true;
    for await (const child of folder.values()) {
      isEmpty = false;
      await this.handle(child, inside);
    }
    if (isEmpty) this.emptyFolders.push(inside);
  }

  async entry(entry: FileSystemEntry, path: readonly string[]): Promise<void> {
    await this.#breathe();
    if (entry.isFile) {
      this.file(await fileOf(entry as FileSystemFileEntry), { path, handle: null });
      return;
    }
    const inside = [...path, entry.name];
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    let isEmpty = true;
    // It answers a hundred at a time, and none at the end.
    for (let some = await read(reader); some.length > 0; some = await read(reader)) {
      isEmpty = false;
      for (const child of some) await this.entry(child, inside);
    }
    if (isEmpty) this.emptyFolders.push(inside);
  }

  async #breathe(): Promise<void> {
    if (++this.#steps % BREATHE_EVERY === 0) await new Promise((resolve) => setTimeout(resolve));
  }
}

function isFileHandle(handle: FileSystemHandle): handle is FileSystemFileHandle {
  return handle.kind === 'file';
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

function read(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}
