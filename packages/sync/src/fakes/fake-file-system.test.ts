import { type DiskUnderTest, fileSystemContract } from '../ports/file-system.contract.ts';
import { DISKS, type DiskTraits } from './disk-traits.ts';
import { FakeDisk } from './fake-disk.ts';
import { fakeFileSystem } from './fake-file-system.ts';

function open(traits: DiskTraits): DiskUnderTest {
  let now = 1_800_000_000_000;
  const disk = new FakeDisk(traits, () => {
    now += 0.01;
    return now;
  });
  const received = new Map<string, { readonly content: string; readonly modifiedAt: number }>();
  const long = () => now - 10_000;
  return {
    fs: fakeFileSystem(disk, received, async (work) => {
      const result = work();
      await new Promise(setImmediate);
      return result;
    }),
    lacks: {
      ...(traits.hasModes ? {} : { modes: true }),
      ...(traits.hasSymlinks ? {} : { symlinks: true }),
      ...(traits.hasWindowsNames ? { windowsNames: true } : {}),
      timesBelow: Math.max(1, traits.timeStep),
    },
    write: (path, content) => disk.write(path, content),
    read: (path) => disk.read(path),
    settle(path) {
      if (!traits.showsEveryWrite) disk.setMeta(path, { modifiedAt: long(), executable: false });
    },
    receive(content) {
      received.set(`r${received.size}`, { content, modifiedAt: long() });
      return `r${received.size - 1}`;
    },
    trashed: () => disk.trashed,
    close() {},
  };
}

for (const [kind, traits] of Object.entries(DISKS)) {
  fileSystemContract(`the simulated disk, ${kind}`, () => open(traits));
}
