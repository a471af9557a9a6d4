import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, test } from 'node:test';
import {
  type DiskLacks,
  type DiskUnderTest,
  fileSystemContract,
} from '../ports/file-system.contract.ts';
import { DiskError, type FileSystem } from '../ports/file-system.ts';
import { mountExfat } from '../testing/mount-exfat.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { nodeFileSystem } from './node-file-system.ts';
import { makeOwnFolders, type OwnFolders } from './own-folders.ts';
import { linux } from './platform/linux.ts';
import { macos } from './platform/macos.ts';
import type { Platform } from './platform/platform.ts';
import { type DiskTraits, probeDisk } from './platform/probe-disk.ts';
import { windows } from './platform/windows.ts';
import { writeMarker } from './root-marker.ts';

const TEN_SECONDS = 10_000;

interface OpenOptions {
  /** The folder to make it in. */
  readonly under?: string;
  readonly platform: Platform;
  /** As if the disk had these. */
  readonly traits?: Partial<DiskTraits>;
  readonly lacks?: DiskLacks;
}

function openDisk({ under = tmpdir(), platform, traits, lacks = {} }: OpenOptions): DiskUnderTest {
  const root = mkdtempSync(join(under, 'valise-disk-'));
  writeMarker(root, 'test');
  const own = makeOwnFolders(root);
  const probed = probeDisk(root, platform);
  let count = 0;
  const settle = (path: string) => {
    const then = Date.now() - TEN_SECONDS;
    utimesSync(path, then / 1_000, then / 1_000);
  };
  const isCoarse = { ...probed, ...traits }.timeStep > 0;
  return {
    fs: nodeFileSystem(root, own, { platform, traits: { ...probed, ...traits } }),
    lacks,
    write: (path, content) => writeFileSync(join(root, path), content),
    read: (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : null),
    receive(content) {
      count++;
      const path = join(own.received, `${count}`);
      writeFileSync(path, content);
      if (isCoarse) settle(path);
      return path;
    },
    ...(isCoarse ? { settle: (path: string) => settle(join(root, path)) } : {}),
    trashed: () =>
      readdirSync(own.trash, { recursive: true })
        .map((path) => join(own.trash, `${path}`))
        .filter((path) => statSync(path).isFile())
        .map((path) => readFileSync(path, 'utf8')),
    close: () => rmSync(root, { recursive: true }),
  };
}

/** What a FAT disk has, laid over one that has more: the adapters' ways, not the disk's. */
const FAT: DiskTraits = {
  hasLinks: false,
  keepsInodes: false,
  hasModes: false,
  timeStep: 2_000,
  hasWindowsNames: true,
};
const ON_FAT = { traits: FAT, lacks: { modes: true, windowsNames: true } } as const;
const ON_WINDOWS = { modes: true, windowsNames: true } as const;

const under = (options: OpenOptions) => () => openDisk(options);
fileSystemContract('the Linux adapter', under({ platform: linux }));
fileSystemContract('the Linux adapter without links', under({ platform: linux, ...ON_FAT }));
fileSystemContract('the macOS adapter, on Linux', under({ platform: macos }));
fileSystemContract('the macOS adapter without links', under({ platform: macos, ...ON_FAT }));
fileSystemContract('the Windows adapter, on Linux', () =>
  openDisk({ platform: windows, lacks: ON_WINDOWS }),
);
fileSystemContract('the Windows adapter without links', under({ platform: windows, ...ON_FAT }));

const exfat = mountExfat();
if ('reason' in exfat) test('the adapters on a real exFAT disk', { skip: exfat.reason }, () => {});
else {
  after(() => exfat.unmount());
  const lacks = { modes: true, windowsNames: true, timesBelow: exfat.timeStep } as const;
  for (const [name, platform] of Object.entries({ linux, macos, windows })) {
    const options = { under: exfat.path, platform, lacks: { ...lacks, symlinks: true } } as const;
    fileSystemContract(`the ${name} adapter on a real exFAT disk`, under(options));
  }
  test('what an exFAT disk can’t do is found out by asking it', () => {
    const root = mkdtempSync(join(exfat.path, 'valise-probe-'));
    writeMarker(root, 'test');
    assert.deepEqual(probeDisk(root, linux), { ...FAT, timeStep: exfat.timeStep });
  });
}

describe('a real disk', () => {
  let root: string;
  let own: OwnFolders;
  let fs: FileSystem;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'valise-disk-'));
    writeMarker(root, 'test');
    own = makeOwnFolders(root);
    fs = nodeFileSystem(root, own, { platform: linux, traits: probeDisk(root, linux) });
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const refuses = (code: string) => (error: unknown) =>
    error instanceof DiskError && error.code === code;
  const receive = (content: string) => {
    const path = join(own.received, 'new');
    writeFileSync(path, content);
    return path;
  };

  test('an ordinary disk can do everything, and the probe leaves nothing behind', () => {
    const all = { hasLinks: true, keepsInodes: true, hasModes: true, timeStep: 0 };
    const before = statSync(join(root, '.valise', 'root.json'));
    assert.deepEqual(probeDisk(root, linux), { ...all, hasWindowsNames: false });
    assert.deepEqual(readdirSync(join(root, '.valise')).sort(), ['received', 'root.json', 'trash']);
    const { mode, mtimeMs } = statSync(join(root, '.valise', 'root.json'));
    assert.deepEqual([mode, Math.round(mtimeMs)], [before.mode, Math.round(before.mtimeMs)]);
  });

  test('a received file takes a free place, and refuses a taken one', async () => {
    await fs.place(receive('1'), 'a', { replaces: null });
    assert.equal(readFileSync(join(root, 'a'), 'utf8'), '1');
    assert.deepEqual(readdirSync(own.received), []);
    await assert.rejects(fs.place(receive('2'), 'a', { replaces: null }), refuses('occupied'));
    assert.equal(readFileSync(join(root, 'a'), 'utf8'), '1');
  });

  test('a move keeps the inode and overwrites nothing; the trash keeps everything', async () => {
    writeFileSync(join(root, 'a'), '1');
    writeFileSync(join(root, 'b'), '2');
    await assert.rejects(fs.move('a', 'b'), refuses('occupied'));
    const before = await fs.look('a');
    assert.notEqual(before?.inode, '');
    assert.equal((await fs.move('a', 'c')).inode, before?.inode);
    await fs.trash('c');
    writeFileSync(join(root, 'c'), 'another');
    await fs.trash('c');
    const [day = ''] = readdirSync(own.trash);
    assert.deepEqual(readdirSync(join(own.trash, day)).sort(), ['2 c', 'c']);
    await assert.rejects(fs.trash('c'), refuses('missing'));
  });

  test('ignore rules hold at every depth, the deepest decides', async () => {
    await fs.makeFolder('sub');
    writeFileSync(join(root, '.valiseignore'), '*.log\n/build/\n');
    writeFileSync(join(root, 'sub', '.valiseignore'), '!keep.log\n');
    const rules = new IgnoreRules(root);
    assert.equal(rules.isIgnored('deep/er/a.log', false), true);
    assert.equal(rules.isIgnored('sub/keep.log', false), false);
    assert.equal(rules.isIgnored('build', true), true);
    assert.equal(rules.isIgnored('build/x/y', false), true);
    assert.equal(rules.isIgnored('sub/build', true), false);
  });
});
