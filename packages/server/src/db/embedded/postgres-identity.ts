import { execFile } from 'node:child_process';
import { chown, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NOBODY = 65_534;

/**
 * As whom PostgreSQL runs; it refuses root.
 *  - `self`: we are an ordinary user, so is it.
 *  - `namespace`: we are root; a user namespace shows us to it as `nobody`, while to the kernel it
 *    still is root, so it reaches folders that only root may enter.
 *  - `setuid`: we are root where namespaces are forbidden, or the data belongs to someone else.
 *    Every parent folder must then be open to that user.
 */
export type PostgresIdentity =
  | { readonly kind: 'self' }
  | { readonly kind: 'namespace' }
  | { readonly kind: 'setuid'; readonly uid: number; readonly gid: number };

/** `dataFolder` may not exist yet. Who owns it decides, so that its files stay one user's. */
export async function chooseIdentity(dataFolder: string): Promise<PostgresIdentity> {
  if (process.getuid?.() !== 0) return { kind: 'self' };
  const owner = await stat(dataFolder).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) {
    return { kind: 'setuid', uid: owner.uid, gid: owner.gid };
  }
  if (await canUnshare()) return { kind: 'namespace' };
  if (owner !== undefined) {
    throw new Error(
      `${dataFolder} belongs to root, and user namespaces are forbidden here: ` +
        'give it to another user (chown -R) or run Valise as an ordinary user.',
    );
  }
  return { kind: 'setuid', uid: NOBODY, gid: NOBODY };
}

const UNSHARE = ['-U', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];

async function canUnshare(): Promise<boolean> {
  return run('unshare', [...UNSHARE, 'true']).then(
    () => true,
    () => false,
  );
}

export interface Invocation {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: { readonly uid?: number; readonly gid?: number };
}

/** How to start `command` under that identity. `unshare` execs, so the pid is the command's. */
export function invocationAs(
  identity: PostgresIdentity,
  command: string,
  args: readonly string[],
): Invocation {
  switch (identity.kind) {
    case 'self':
      return { command, args, options: {} };
    case 'namespace':
      return { command: 'unshare', args: [...UNSHARE, command, ...args], options: {} };
    case 'setuid':
      return { command, args, options: { uid: identity.uid, gid: identity.gid } };
  }
}

/** Gives a folder or file of ours to PostgreSQL, where it runs as another user. */
export async function handOver(identity: PostgresIdentity, path: string): Promise<void> {
  if (identity.kind === 'setuid') await chown(path, identity.uid, identity.gid);
}
