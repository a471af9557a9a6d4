import {
  DiskError,
  type FileMeta,
  type FileSystem,
  identityOf,
  type LocalPath,
} from '../ports/file-system.ts';
import type { FakeDisk } from './fake-disk.ts';

/** Contents that were received and wait for their place, by token. */
export type Received = ReadonlyMap<string, { readonly content: string } & Partial<FileMeta>>;

/** The FileSystem port over a disk in memory; `run` may let time pass and things go wrong. */
export function fakeFileSystem(
  disk: FakeDisk,
  received: Received,
  run: <T>(work: () => T, options: { readonly isWrite: boolean }) => Promise<T>,
): FileSystem {
  const read = <T>(work: () => T) => run(work, { isWrite: false });
  const write = <T>(work: () => T) => run(work, { isWrite: true });
  const free = (path: LocalPath) => {
    if (disk.isOpen(path)) throw new DiskError('busy', `${path}: a program has it open.`);
  };
  return {
    list: (path) => read(() => disk.list(path)),
    look: (path) => read(() => disk.look(path)),
    makeFolder: (path) => write(() => disk.makeFolder(path)),
    makeSymlink: (path, target) => write(() => disk.makeSymlink(path, target)),
    move: (from, to) =>
      write(() => {
        free(from);
        return disk.move(from, to);
      }),
    trash: (path) =>
      write(() => {
        free(path);
        disk.trash(path);
      }),
    setMeta: (path, meta) =>
      write(() => {
        free(path);
        return disk.setMeta(path, meta);
      }),
    async place(token, path, { replaces }) {
      const before = await read(() => {
        const there = disk.look(path);
        if (replaces !== null && (there === null || identityOf(there) !== replaces)) {
          throw new DiskError('changed', path);
        }
        return there;
      });
      const placed = await write(() => {
        free(path);
        const there = disk.look(path);
        if (replaces === null && there !== null) throw new DiskError('occupied', path);
        if (replaces !== null && there === null) throw new DiskError('missing', path);
        const file = received.get(token);
        if (file === undefined) throw new DiskError('missing', token);
        // What was written there since the look is kept.
        const old = disk.read(path);
        const isNews =
          there !== null && before !== null && identityOf(there) !== identityOf(before);
        if (old !== null && isNews) disk.trashed.push(old);
        const { content, modifiedAt = disk.now, executable = false } = file;
        return disk.put(path, content, { modifiedAt, executable });
      });
      const entry = disk.look(path);
      if (entry === null) throw new DiskError('missing', path);
      return { entry, isUntouched: entry.stamp === placed.stamp };
    },
  };
}
