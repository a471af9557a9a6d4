import { nameKey } from '@valise/core/names';
import { windowsNameFault } from '../node/platform/windows-names.ts';
import { type DiskEntry, DiskError, type FileMeta, type LocalPath } from '../ports/file-system.ts';
import { isYoung } from '../ports/young-file.ts';
import type { DiskTraits } from './disk-traits.ts';

interface Inode {
  readonly inode: string;
  readonly kind: 'file' | 'folder' | 'symlink';
  name: string;
  content: string;
  modifiedAt: number;
  executable: boolean;
  ctime: number;
  readonly children: Map<string, Inode>;
}

/** A disk in memory: what people and the agent see of one folder. All at once, no waiting. */
export class FakeDisk {
  readonly traits: DiskTraits;
  readonly #now: () => number;
  readonly #root: Inode;
  /** Contents that lie in the agent's trash. */
  readonly trashed: string[] = [];
  /** What the agent took down of shares, by inode. */
  marks: ReadonlyMap<string, string> = new Map();
  readonly #open = new Set<string>();
  #count = 0;

  constructor(traits: DiskTraits, now: () => number) {
    this.traits = traits;
    this.#now = now;
    this.#root = this.#make('folder', '');
  }

  get now(): number {
    return this.#now();
  }

  /** A file's time as this disk shows it, in whole milliseconds. */
  shownTime(milliseconds: number): number {
    const step = Math.max(1, this.traits.timeStep);
    return Math.floor(milliseconds / step) * step;
  }

  list(path: LocalPath): DiskEntry[] | null {
    const folder = this.#find(path);
    if (folder?.kind !== 'folder') return null;
    return [...folder.children.values()].map((inode) => this.#entry(inode));
  }

  look(path: LocalPath): DiskEntry | null {
    const inode = path === '' ? undefined : this.#find(path);
    return inode === undefined ? null : this.#entry(inode);
  }

  read(path: LocalPath): string | null {
    const inode = this.#find(path);
    return inode?.kind === 'file' ? inode.content : null;
  }

  makeFolder(path: LocalPath): DiskEntry {
    return this.#add(path, this.#make('folder', ''));
  }

  makeSymlink(path: LocalPath, target: string): DiskEntry {
    if (!this.traits.hasSymlinks) throw new DiskError('refused', `${path}: no symlinks here.`);
    return this.#add(path, this.#make('symlink', target));
  }

  canHold(path: LocalPath): boolean {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return !this.traits.hasWindowsNames || windowsNameFault(name) === null;
  }

  /** A program has that file for itself, until all are closed. */
  open(path: LocalPath): void {
    const inode = this.inodeAt(path);
    if (inode !== null) this.#open.add(inode);
  }

  closeAll(): void {
    this.#open.clear();
  }

  /** Whether that, or anything in it, is open. */
  isOpen(path: LocalPath): boolean {
    const inode = this.#find(path);
    return inode !== undefined && this.#open.size > 0 && hasOpen(inode, this.#open);
  }

  /** Which file it is, whether the disk tells or not. */
  inodeAt(path: LocalPath): string | null {
    return this.#find(path)?.inode ?? null;
  }

  /** A person's write, in place; makes the file if it isn't there. */
  write(path: LocalPath, content: string): void {
    const there = this.#find(path);
    if (there === undefined) {
      this.#add(path, this.#make('file', content));
      return;
    }
    if (there.kind !== 'file') throw new DiskError('occupied', path);
    there.content = content;
    there.modifiedAt = this.#now();
    this.#touch(there);
  }

  /** A whole file, new or instead of another. */
  put(path: LocalPath, content: string, meta: FileMeta): DiskEntry {
    const inode = this.#make('file', content);
    this.#setMeta(inode, meta);
    this.#hang(path, inode);
    return this.#entry(inode);
  }

  move(from: LocalPath, to: LocalPath): DiskEntry {
    const inode = this.#find(from);
    if (inode === undefined) throw new DiskError('missing', from);
    const there = this.#find(to);
    if (there !== undefined && there !== inode) throw new DiskError('occupied', to);
    if (to.startsWith(`${from}/`)) throw new DiskError('refused', to);
    const source = this.#parent(from);
    this.#expectName(to);
    this.#parent(to);
    source.folder.children.delete(this.#key(source.name));
    this.#hang(to, inode);
    this.#touch(inode);
    return this.#entry(inode);
  }

  remove(path: LocalPath): void {
    const { folder, name } = this.#parent(path);
    folder.children.delete(this.#key(name));
  }

  trash(path: LocalPath): void {
    if (this.#find(path) === undefined) throw new DiskError('missing', path);
    this.trashed.push(...this.contents(path));
    this.remove(path);
  }

  setMeta(path: LocalPath, meta: FileMeta): DiskEntry {
    const inode = this.#find(path);
    if (inode === undefined) throw new DiskError('missing', path);
    this.#setMeta(inode, meta);
    this.#touch(inode);
    return this.#entry(inode);
  }

  /** Where that inode lies by now: who has a file open can go on reading. */
  pathOf(inode: string): LocalPath | null {
    return this.paths().find((path) => this.inodeAt(path) === inode) ?? null;
  }

  /** Contents of all files at and below a path. */
  contents(path: LocalPath): string[] {
    const inode = this.#find(path);
    return inode === undefined ? [] : [...contentsBelow(inode)];
  }

  /** Every path that isn't the root's. */
  paths(): LocalPath[] {
    return [...pathsBelow(this.#root, '')];
  }

  #entry({ kind, name, content, executable, ...inode }: Inode): DiskEntry {
    const { timeStep: step, keepsInodes, hasModes } = this.traits;
    const time = Math.floor(inode.modifiedAt / step) * step;
    const isFile = kind === 'file';
    const id = keepsInodes ? inode.inode : '';
    return {
      name,
      kind,
      size: isFile ? content.length : 0,
      modifiedAt: isFile ? this.shownTime(inode.modifiedAt) : 0,
      executable: isFile && !hasModes ? null : isFile && executable,
      inode: id,
      stamp: isFile ? `${content.length}:${time}:${id}` : id,
      ctime: isFile ? this.#changeTime(time, inode.ctime) : '',
      ...(kind === 'symlink' ? { target: content } : {}),
    };
  }

  #changeTime(modifiedAt: number, ctime: number): string {
    const { timeStep: step, showsEveryWrite } = this.traits;
    if (showsEveryWrite) return `${ctime}`;
    if (!isYoung(modifiedAt, { now: this.#now(), step })) return `${modifiedAt}`;
    this.#count++;
    return `look ${this.#count}`;
  }

  #make(kind: Inode['kind'], content: string): Inode {
    this.#count++;
    const inode = `i${this.#count}`;
    const modifiedAt = this.#now();
    return {
      inode,
      kind,
      name: '',
      content,
      modifiedAt,
      executable: false,
      ctime: this.#count,
      children: new Map(),
    };
  }

  #touch(inode: Inode): void {
    this.#count++;
    inode.ctime = this.#count;
  }

  #add(path: LocalPath, inode: Inode): DiskEntry {
    this.#expectName(path);
    if (this.#find(path) !== undefined) throw new DiskError('occupied', path);
    this.#hang(path, inode);
    return this.#entry(inode);
  }

  #hang(path: LocalPath, inode: Inode): void {
    this.#expectName(path);
    const { folder, name } = this.#parent(path);
    inode.name = this.#spell(name);
    folder.children.set(this.#key(name), inode);
  }

  #expectName(path: LocalPath): void {
    if (!this.canHold(path)) throw new DiskError('refused', `${path}: no such name here.`);
  }

  #setMeta(inode: Inode, { modifiedAt, executable }: FileMeta): void {
    inode.modifiedAt = modifiedAt;
    inode.executable = this.traits.hasModes && executable;
  }

  #find(path: LocalPath): Inode | undefined {
    let inode: Inode | undefined = this.#root;
    for (const name of path === '' ? [] : path.split('/')) {
      inode = inode?.children.get(this.#key(name));
    }
    return inode;
  }

  #parent(path: LocalPath): { readonly folder: Inode; readonly name: string } {
    const cut = path.lastIndexOf('/');
    const folder = cut < 0 ? this.#root : this.#find(path.slice(0, cut));
    if (folder?.kind !== 'folder') throw new DiskError('missing', path);
    return { folder, name: path.slice(cut + 1) };
  }

  #key(name: string): string {
    return this.traits.ignoresCase ? nameKey(name) : this.#spell(name);
  }

  #spell(name: string): string {
    return this.traits.decomposes ? name.normalize('NFD') : name;
  }
}

function hasOpen({ inode, children }: Inode, open: ReadonlySet<string>): boolean {
  return open.has(inode) || [...children.values()].some((child) => hasOpen(child, open));
}

function* contentsBelow(inode: Inode): Iterable<string> {
  if (inode.kind === 'file') yield inode.content;
  for (const child of inode.children.values()) yield* contentsBelow(child);
}

function* pathsBelow(folder: Inode, path: LocalPath): Iterable<LocalPath> {
  for (const child of folder.children.values()) {
    const at = path === '' ? child.name : `${path}/${child.name}`;
    yield at;
    yield* pathsBelow(child, at);
  }
}
