import { type DiskUnderTest, fileSystemContract } from '../ports/file-system.contract.ts';
import { type DiskTraits, FakeDisk, PLAIN_DISK } from './fake-disk.ts';
import { fakeFileSystem } from './fake-file-system.ts';

function open(traits: DiskTraits): DiskUnderTest {
  let now = 1_800_000_000_000;
  const disk = new FakeDisk(traits, () => {
    now += 0.01;
    return now;
  });
  const received = new Map<string, { readonly content: string }>();
  return {
    fs: fakeFileSystem(disk, received, async (work) => {
      const result = work();
      await new Promise(setImmediate);
      return result;
    }),
    write: (path, content) => disk.write(path, content),
    read: (path) => disk.read(path),
    receive(content) {
      received.set(`r${received.size}`, { content });
      return `r${received.size - 1}`;
    },
    trashed: () => disk.trashed,
    close() {},
  };
}

fileSystemContract('the simulated disk', () => open(PLAIN_DISK));
fileSystemContract('one that ignores case', () => open({ ...PLAIN_DISK, ignoresCase: true }));
