import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Run, runProcess } from '../measure/run-process.ts';

/**
 * Programs that cut a file into content-defined chunks and hash them. Each has the file in its
 * repository already and is made to read it again, so that nothing is stored in the time measured.
 */
export interface ChunkingTool {
  readonly name: string;
  /** Stores the file; not measured. */
  prepare(): Promise<unknown>;
  run(): Promise<Run>;
}

export function chunkingTools(folder: string, file: string): ChunkingTool[] {
  return [borg(folder, file), restic(folder, file), casync(folder, file)];
}

function borg(folder: string, file: string): ChunkingTool {
  const env = {
    BORG_REPO: join(folder, 'borg'),
    BORG_BASE_DIR: join(folder, 'borg-home'),
    BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes',
  };
  const create = (name: string) => {
    const flags = ['--compression', 'none', '--files-cache', 'disabled'];
    return runProcess('borg', ['create', ...flags, `::${name}`, file], { env });
  };
  let count = 0;
  return {
    name: 'borg',
    async prepare() {
      await runProcess('borg', ['init', '--encryption', 'none'], { env });
      await create('first');
    },
    run: () => create(`again-${count++}`),
  };
}

function restic(folder: string, file: string): ChunkingTool {
  const env = { RESTIC_REPOSITORY: join(folder, 'restic'), RESTIC_PASSWORD: 'bench' };
  const backup = () =>
    runProcess('restic', ['backup', '--force', '--quiet', '--no-cache', file], { env });
  return {
    name: 'restic',
    async prepare() {
      await runProcess('restic', ['init', '--no-cache'], { env });
      await backup();
    },
    run: backup,
  };
}

function casync(folder: string, file: string): ChunkingTool {
  const store = join(folder, 'casync.castr');
  const make = () =>
    runProcess('casync', ['make', '--store', store, join(folder, 'file.caibx'), file]);
  return {
    name: 'casync',
    async prepare() {
      await mkdir(store, { recursive: true });
      await make();
    },
    run: make,
  };
}
