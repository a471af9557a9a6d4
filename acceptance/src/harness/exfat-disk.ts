import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIZE = 256 * 1_048_576;

/** Why no exFAT disk can be mounted here; false if one can. */
export const skipUnlessExfat = reason();

/** A disk as sticks and cards have them, in a file, served by a program (FUSE). */
export class ExfatDisk {
  readonly #root: string;
  #device = '';

  private constructor(root: string) {
    this.#root = root;
  }

  static async make(): Promise<ExfatDisk> {
    const disk = new ExfatDisk(await mkdtemp(join(tmpdir(), 'valise-stick-')));
    const image = join(disk.#root, 'image');
    await mkdir(disk.path);
    await writeFile(image, '');
    await truncate(image, SIZE);
    run('mkfs.exfat', image);
    disk.#device = run('losetup', '--find', '--show', image).trim();
    disk.mount();
    return disk;
  }

  get path(): string {
    return join(this.#root, 'disk');
  }

  /** The folder at that path lies on this disk. */
  async holdFolder(path: string): Promise<void> {
    await mkdir(join(this.path, 'Valise'));
    await rm(path, { recursive: true, force: true });
    await symlink(join(this.path, 'Valise'), path);
  }

  mount(): void {
    run('mount.exfat-fuse', this.#device, this.path);
  }

  unmount(): void {
    run('umount', this.path);
  }

  async remove(): Promise<void> {
    this.unmount();
    run('losetup', '--detach', this.#device);
    await rm(this.#root, { recursive: true });
  }
}

function reason(): string | false {
  if (process.getuid?.() !== 0) return 'only root may mount disks';
  for (const program of ['mkfs.exfat', 'mount.exfat-fuse', 'losetup']) {
    try {
      run('which', program);
    } catch {
      return `needs ${program} (packages exfatprogs, exfat-fuse, mount)`;
    }
  }
  try {
    run('test', '-c', '/dev/fuse');
    run('losetup', '--find');
    return false;
  } catch {
    return 'needs /dev/fuse and a loop device';
  }
}

function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
