import { ClientError } from '@valise/client';
import type { Clock } from '../ports/clock.ts';
import {
  DiskError,
  type FileMeta,
  type FileSystem,
  identityOf,
  type LocalPath,
} from '../ports/file-system.ts';
import type { Server } from '../ports/server.ts';
import type { ShareMarks } from '../ports/share-marks.ts';
import type { Outcome, Transfers } from '../ports/transfers.ts';
import type { FakeDisk } from './fake-disk.ts';
import { fakeFileSystem } from './fake-file-system.ts';
import type { FakeAccount } from './fake-server.ts';
import type { Scheduler } from './scheduler.ts';

/** What the way to the server does to a call. */
export interface Weather {
  /** Chances of a lost request, a lost reply, a request that arrives twice. */
  readonly lost: number;
  readonly replyLost: number;
  readonly doubled: number;
  /** … of a connection that accepts and then says nothing. */
  readonly silent: number;
  /** Not the way's, but of the same days: the chance that a write finds the disk full. */
  readonly full: number;
}

export const FAIR: Weather = { lost: 0, replyLost: 0, doubled: 0, silent: 0, full: 0 };

export interface FakePortsDeps {
  readonly scheduler: Scheduler;
  readonly disk: FakeDisk;
  readonly server: FakeAccount;
  readonly weather: () => Weather;
  /** False once the process was killed: then nothing it still had in mind happens. */
  readonly isAlive: () => boolean;
  readonly clockOffset: () => number;
  readonly newId: () => string;
}

export interface FakePorts {
  readonly fs: FileSystem;
  readonly server: Server;
  readonly transfers: Transfers;
  readonly marks: ShareMarks;
  readonly clock: Clock;
}

const DISK_MS = [0.01, 2] as const;
const NETWORK_MS = [1, 60] as const;
const BUSY_MS = 200;
/** As long as a real client listens to silence. */
const STALLED_MS = 60_000;

interface OpenFile {
  readonly inode: string | null;
  readonly stamp: string | undefined;
}

/** The agent's ports over a disk and a server in memory, with time and bad luck in between. */
export function createFakePorts(deps: FakePortsDeps): FakePorts {
  const { scheduler, disk } = deps;
  const received = new Map<string, { readonly content: string } & FileMeta>();
  let count = 0;
  let spent = 0;
  const alive = async () => {
    // A killed process never hears the answer.
    if (!deps.isAlive()) await new Promise(() => {});
  };
  const onDisk = async <T>(work: () => T, { isWrite = false } = {}): Promise<T> => {
    await scheduler.delay(...DISK_MS);
    await alive();
    const { full } = deps.weather();
    if (isWrite && full > 0 && scheduler.random.chance(full)) {
      throw new DiskError('refused', 'The disk is full.');
    }
    const result = work();
    await scheduler.delay(0, DISK_MS[0]);
    await alive();
    return result;
  };
  const fallSilent = async (): Promise<never> => {
    await scheduler.delay(STALLED_MS, STALLED_MS + 1);
    await alive();
    throw new ClientError('stalled');
  };
  const call = async <T>(work: () => T): Promise<T> => {
    const { lost, replyLost, doubled, silent } = deps.weather();
    const { random } = scheduler;
    await scheduler.delay(...NETWORK_MS);
    await alive();
    if (random.chance(lost)) throw new ClientError('unreachable');
    const isSilent = silent > 0 && random.chance(silent);
    // Whoever accepts and says nothing may have heard, or not.
    if (isSilent && random.chance(0.5)) await fallSilent();
    const result = work();
    if (random.chance(doubled)) repeat(work);
    if (isSilent) await fallSilent();
    await scheduler.delay(...NETWORK_MS);
    await alive();
    if (random.chance(replyLost)) throw new ClientError('unreachable');
    return result;
  };
  const identityAt = (path: LocalPath): string | null => {
    const entry = disk.look(path);
    return entry === null ? null : identityOf(entry);
  };
  const read = (path: LocalPath, identity: string): string => {
    const isReadable = identityAt(path) === identity && !disk.isOpen(path);
    const content = isReadable ? disk.read(path) : null;
    if (content === null) throw new ClientError('content-changed');
    return content;
  };
  /** A file that was renamed is still the same; not so one that was replaced. */
  const expectUnchanged = (path: LocalPath, { inode, stamp }: OpenFile): void => {
    const moved = inode === null ? null : disk.pathOf(inode);
    const entry = disk.look(path) ?? (moved === null ? null : disk.look(moved));
    if (entry === null || entry.stamp !== stamp) throw new ClientError('content-changed');
  };
  return {
    clock: {
      now() {
        // Whatever the device was at meanwhile (planning, say) took its time.
        if (scheduler.random.chance(0.02)) spent += scheduler.random.below(BUSY_MS);
        return scheduler.now + deps.clockOffset() + spent;
      },
      sleep: (milliseconds, signal) => scheduler.sleep(milliseconds, signal),
      async turn() {
        await scheduler.delay(0, DISK_MS[0]);
        await alive();
      },
      random: () => scheduler.random.next(),
      newId: deps.newId,
    },
    marks: {
      idOf: (inode) => disk.marks.get(inode),
      keep(marks) {
        disk.marks = marks;
      },
    },
    fs: fakeFileSystem(disk, received, onDisk),
    server: {
      changes: (since) => call(() => deps.server.changes(since)),
      createFolder: (id, place) => call(() => deps.server.createFolder(id, place)),
      createSymlink: (id, place, target) =>
        call(() => deps.server.createSymlink(id, place, target)),
      move: (id, place) => call(() => deps.server.move(id, place)),
      copy: (id, place) => call(() => deps.server.copy(id, place)),
      leave: (id) => call(() => deps.server.leave(id)),
      setMeta: (id, meta) => call(() => deps.server.setMeta(id, meta)),
      remove: (id, seen) => call(() => deps.server.remove(id, seen)),
    },
    transfers: {
      async upload(items, tell) {
        await Promise.all(
          items.map(async (item) => {
            const outcome = await outcomeOf(async () => {
              const { content, open } = await onDisk(() => {
                const content = read(item.path, item.identity);
                const stamp = disk.look(item.path)?.stamp;
                return { content, open: { inode: disk.inodeAt(item.path), stamp } };
              });
              await call(() => {});
              // What changes between the last part and the commit is found before the commit.
              await onDisk(() => expectUnchanged(item.path, open));
              const committed = await call(() =>
                deps.server.commit({ ...item, fileId: item.isEdit ? item.id : null, content }),
              );
              // The answer tells the file as it stands by then: the version before another content's.
              const now = await call(() => deps.server.get(committed.id));
              const isOurs = now === undefined || now.content === content;
              return {
                ...committed,
                version: (now ?? committed).version - (isOurs ? 0 : 1),
                content,
              };
            });
            tell(item, outcome);
          }),
        );
      },
      async download(items, tell) {
        await Promise.all(
          items.map(async (item) => {
            const outcome = await outcomeOf(async () => {
              const node = await call(() => deps.server.get(item.id));
              if (node === undefined) throw new DiskError('missing', item.id);
              count++;
              const { content, modifiedAt, executable } = node;
              received.set(`r${count}`, { content, modifiedAt, executable });
              return { received: `r${count}`, content, modifiedAt, executable };
            });
            await tell(item, outcome);
          }),
        );
      },
      hash: (path, identity) => onDisk(() => read(path, identity)),
    },
  };
}

async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, result: await work() };
  } catch (error) {
    return { ok: false, error };
  }
}

/** The second arrival of a request: its answer goes nowhere. */
function repeat(work: () => unknown): void {
  try {
    work();
  } catch {
    // Refused, as the server would.
  }
}
