import type { LocalPath } from '../ports/file-system.ts';
import type { SimDevice } from './sim-device.ts';
import type { SimWorld } from './sim-world.ts';

const NAMES = ['a', 'b', 'c', 'A', 'é', 'd'];
/** Where somebody has a disk that can't hold them. */
const NAMES_FOR_WINDOWS = [...NAMES, 'a:b', 'CON'];
/** More files than may be edited at once without a question. */
const MANY = 24;

/** One thing that somebody does on a device; knows what they thereby give up knowingly. */
export function act(world: SimWorld, device: SimDevice): void {
  const { random } = world;
  const { disk } = device;
  const paths = disk.paths();
  const roll = random.next();
  const path = paths.length === 0 ? null : random.pick(paths);
  if (path === null || roll < 0.35) create(world, device);
  else if (roll < 0.57) edit(world, device, path);
  else if (roll < 0.6) touch(world, device, path);
  else if (roll < 0.85) move(world, device, path);
  else remove(world, device, path);
}

function create(world: SimWorld, device: SimDevice): void {
  const { random } = world;
  const path = `${folderOf(world, device)}${random.pick(namesIn(world))}`;
  if (device.disk.look(path) !== null || !device.disk.canHold(path)) return;
  if (random.chance(0.3)) {
    world.note(`${device.name} mkdir ${path}`);
    device.disk.makeFolder(path);
  } else if (random.chance(0.1) && device.disk.traits.hasSymlinks) {
    world.note(`${device.name} symlink ${path}`);
    device.disk.makeSymlink(path, random.pick(['x', 'y']));
  } else write(world, device, path);
  hint(world, device, path);
}

function edit(world: SimWorld, device: SimDevice, path: LocalPath): void {
  const old = device.disk.read(path);
  if (old === null) return;
  giveUp(world, [old]);
  write(world, device, path);
  hint(world, device, path);
}

/** So much is there that a program that rewrites all of it can't go unnoticed. */
export function fill(world: SimWorld, device: SimDevice): void {
  for (let count = 0; count < MANY; count++) write(world, device, `file ${count}`);
  hint(world, device, '');
}

/** What a program does that encrypts whatever it finds. */
export function rewriteAll(world: SimWorld, device: SimDevice): void {
  world.note(`${device.name} rewrites everything`);
  for (const path of device.disk.paths()) edit(world, device, path);
}

/** Another time, often an older one, or another mode. */
function touch(world: SimWorld, device: SimDevice, path: LocalPath): void {
  const { disk } = device;
  const entry = disk.look(path);
  if (entry?.kind !== 'file') return;
  const modifiedAt = entry.modifiedAt + world.random.pick([0, 10_000, -1e9]);
  const executable = world.random.chance(0.5);
  world.note(`${device.name} touch ${path} ${modifiedAt} ${executable}`);
  disk.setMeta(path, { modifiedAt, executable });
  hint(world, device, path);
}

function write(world: SimWorld, device: SimDevice, path: LocalPath): void {
  const same = world.random.chance(0.05);
  const content = same ? 'same' : newContent(world);
  world.note(`${device.name} write ${path} ${content}`);
  device.disk.write(path, content);
  if (!same) world.owed.add(content);
}

/**
 * Where files are known by place, size and time alone, nobody can see that one took another's place
 * with the same size and time: there all sizes differ.
 */
function newContent(world: SimWorld): string {
  const count = world.count();
  const needsSizes = world.devices.some(({ disk }) => !disk.traits.keepsInodes);
  return `w${count.padStart(4, '0')}${needsSizes ? '.'.repeat(Number(count)) : ''}`;
}

function move(world: SimWorld, device: SimDevice, from: LocalPath): void {
  const { disk } = device;
  const to = `${folderOf(world, device)}${world.random.pick(namesIn(world))}`;
  if (to === from || to.startsWith(`${from}/`) || !disk.canHold(to)) return;
  const there = disk.look(to);
  if (there !== null && disk.inodeAt(to) !== disk.inodeAt(from)) {
    // rename(2) replaces a file.
    if (there.kind === 'folder' || disk.look(from)?.kind === 'folder') return;
    giveUp(world, disk.contents(to));
    disk.remove(to);
  }
  world.note(`${device.name} mv ${from} ${to}`);
  disk.move(from, to);
  hint(world, device, from);
  hint(world, device, to);
}

/** A program opens a file for itself alone, or ends and closes all. */
export function open(world: SimWorld, { name, disk }: SimDevice): void {
  const files = disk.paths().filter((path) => disk.look(path)?.kind === 'file');
  if (files.length === 0 || world.random.chance(0.5)) {
    disk.closeAll();
    return;
  }
  const path = world.random.pick(files);
  world.note(`${name} open ${path}`);
  disk.open(path);
}

function remove(world: SimWorld, device: SimDevice, path: LocalPath): void {
  world.note(`${device.name} rm ${path}`);
  giveUp(world, device.disk.contents(path));
  device.disk.remove(path);
  hint(world, device, path);
}

function giveUp(world: SimWorld, contents: readonly string[]): void {
  for (const content of contents) world.owed.delete(content);
}

function namesIn({ devices }: SimWorld): readonly string[] {
  const isNarrow = devices.some(({ disk }) => disk.traits.hasWindowsNames);
  return isNarrow ? NAMES_FOR_WINDOWS : NAMES;
}

/** A folder's path with a slash, or nothing for the root. */
function folderOf(world: SimWorld, { disk }: SimDevice): string {
  const folders = disk.paths().filter((path) => disk.look(path)?.kind === 'folder');
  return folders.length === 0 || world.random.chance(0.4) ? '' : `${world.random.pick(folders)}/`;
}

/** Most of what happens is seen by the watcher. */
function hint(world: SimWorld, device: SimDevice, path: LocalPath): void {
  if (!device.isRunning || world.random.chance(0.1)) return;
  const cut = path.lastIndexOf('/');
  device.engine.localHint(cut < 0 ? '' : path.slice(0, cut));
}
