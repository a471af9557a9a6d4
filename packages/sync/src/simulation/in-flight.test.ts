import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PLAIN_DISK } from '../fakes/disk-traits.ts';
import type { SimDevice } from './sim-device.ts';
import { SimWorld } from './sim-world.ts';

/** Longer than a first content takes to the server and back. */
const LONGEST_MS = 400;
const STEP_MS = 7;

interface Case {
  readonly name: string;
  /** Beside the new file, at the same time. */
  begin?(device: SimDevice): void;
  act(device: SimDevice): void;
  readonly after: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: 'renamed',
    act: ({ disk }) => disk.move('new', 'renamed'),
    after: ['folder', 'renamed: content'],
  },
  {
    name: 'moved',
    act: ({ disk }) => disk.move('new', 'folder/moved'),
    after: ['folder', 'folder/moved: content'],
  },
  { name: 'deleted', act: ({ disk }) => disk.remove('new'), after: ['folder'] },
  {
    name: 'renamed, with another one in its place',
    act: ({ disk }) => {
      disk.move('new', 'renamed');
      disk.write('new', 'another');
    },
    after: ['folder', 'new: another', 'renamed: content'],
  },
  {
    name: 'replaced, as programs do that write beside it first',
    begin: ({ disk }) => disk.write('new.lock', 'another'),
    act: ({ disk }) => {
      disk.remove('new');
      disk.move('new.lock', 'new');
    },
    after: ['folder', 'new: another'],
  },
  {
    name: 'renamed and edited',
    act: ({ disk }) => {
      disk.move('new', 'renamed');
      disk.write('renamed', 'edited');
    },
    after: ['folder', 'renamed: edited'],
  },
];

/** A file that is new, and something happens to it so long after the agent saw it. */
async function run({ begin, act }: Case, delay: number): Promise<readonly string[][]> {
  const world = new SimWorld(delay + 1, [PLAIN_DISK, PLAIN_DISK]);
  const [first] = world.devices;
  if (first === undefined) throw new Error('There are two devices.');
  for (const device of world.devices) device.start();
  first.disk.makeFolder('folder');
  await world.expectAgreement();
  first.disk.write('new', 'content');
  begin?.(first);
  first.engine.localHint('');
  await world.pass(delay);
  act(first);
  first.engine.localHint('');
  first.engine.localHint('folder');
  first.push();
  await world.expectAgreement();
  return world.devices.map(({ disk }) =>
    disk
      .paths()
      .map((path) => {
        const content = disk.read(path);
        return content === null ? path : `${path}: ${content}`;
      })
      .sort(),
  );
}

describe('a new file while its first content is on its way', () => {
  for (const one of CASES) {
    test(`${one.name}: that, and nothing else`, async () => {
      for (let delay = 0; delay < LONGEST_MS; delay += STEP_MS) {
        const found = await run(one, delay);
        assert.deepEqual(found, [one.after, one.after], `after ${delay} ms`);
      }
    });
  }
});

test('a move whose ends are looked at one after the other is a move', async () => {
  for (const [from, to] of [
    ['from', 'to'],
    ['to', 'from'],
  ] as const) {
    const world = new SimWorld(1, [PLAIN_DISK, PLAIN_DISK]);
    const [first, second] = world.devices;
    if (first === undefined || second === undefined) throw new Error('There are two devices.');
    for (const device of world.devices) device.start();
    for (const path of ['from', 'to']) first.disk.makeFolder(path);
    first.disk.write('from/a', 'content');
    await world.expectAgreement();
    second.crash();
    first.disk.move('from/a', 'to/a');
    first.engine.localHint(from);
    await world.pass(20);
    first.engine.localHint(to);
    await world.pass(5_000);
    second.disk.write('from/a', 'edited');
    await world.expectAgreement();
    for (const { disk } of world.devices) {
      assert.deepEqual(disk.paths().sort(), ['from', 'to', 'to/a'], `${from} first`);
      assert.equal(disk.read('to/a'), 'edited');
    }
  }
});

test('an edit that is on its way while the file becomes a folder elsewhere is there once', async () => {
  for (let delay = -LONGEST_MS; delay < LONGEST_MS; delay += STEP_MS) {
    const world = new SimWorld(1_000 + delay, [PLAIN_DISK, PLAIN_DISK]);
    const [first, second] = world.devices;
    if (first === undefined || second === undefined) throw new Error('There are two devices.');
    for (const device of world.devices) device.start();
    first.disk.write('a', '1');
    await world.expectAgreement();
    const edit = () => {
      second.disk.write('a', '3');
      second.engine.localHint('');
    };
    const replace = () => {
      first.disk.remove('a');
      first.disk.makeFolder('a');
      first.disk.write('a/b', '2');
      first.engine.localHint('');
    };
    const [early, late] = delay < 0 ? [replace, edit] : [edit, replace];
    early();
    await world.pass(Math.abs(delay));
    late();
    for (let pushes = 0; pushes < 20; pushes++) {
      await world.pass(STEP_MS * 3);
      for (const device of world.devices) device.push();
    }
    await world.expectAgreement();
    for (const { disk } of world.devices) {
      assert.deepEqual(disk.contents('').sort(), ['2', '3'], `${delay} ms: ${disk.paths()}`);
    }
  }
});
