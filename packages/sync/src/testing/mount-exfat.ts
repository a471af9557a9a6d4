import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIZE = 64 * 1_048_576;

export interface MountedDisk {
  readonly path: string;
  /** Milliseconds between two times that it shows. */
  readonly timeStep: number;
  unmount(): void;
}

/**
 * A disk that is as unlike Linux's own as any that is in use: it ignores case, has no links of either
 * kind, no modes, coarse times, and numbers files as they come. Served by a program (FUSE), which
 * needs no module of the kernel.
 */
export function mountExfat(): MountedDisk | { readonly reason: string } {
  if (process.getuid?.() !== 0) return { reason: 'only root may mount disks' };
  const folder = mkdtempSync(join(tmpdir(), 'valise-exfat-'));
  const image = join(folder, 'image');
  const path = join(folder, 'disk');
  let device = '';
  const clear = () => {
    if (device !== '') run('losetup', '-d', device);
    rmSync(folder, { recursive: true });
  };
  try {
    mkdirSync(path);
    closeSync(openSync(image, 'w'));
    truncateSync(image, SIZE);
    run('mkfs.exfat', image);
    device = run('losetup', '--find', '--show', image).trim();
    run('mount.exfat-fuse', device, path);
  } catch (error) {
    clear();
    return { reason: `no exFAT disk can be mounted here: ${error}` };
  }
  return {
    path,
    timeStep: 1_000,
    unmount() {
      run('umount', path);
      clear();
    },
  };
}

function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
