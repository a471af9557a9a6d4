import { AppError } from '@valise/core/errors';
import type { File, Share } from '@valise/core/wire';
import type { Command } from 'commander';
import { formatRemotePath, parseRemotePath } from '../paths/remote-path.ts';
import { CliError } from '../run/cli-error.ts';
import type { Connection } from '../run/connection.ts';
import type { Context, Runner } from '../run/context.ts';
import { EXIT, type ExitCode } from '../run/exit-codes.ts';
import { shareLine } from './share.ts';

const HELP = `
Without users it means leaving what someone else shared with you. People who also have it with a
folder above keep it: end that share.

Examples:
  valise unshare Budget bob@example.org
  valise unshare Budget --all
  valise unshare "Shared with me/Lisbon"`;

interface UnshareOptions {
  readonly all?: true;
}

export function addUnshare(program: Command, run: Runner): void {
  program
    .command('unshare')
    .description('end shares, or leave what was shared with you')
    .argument('<path>', 'what is shared')
    .argument('[user...]', 'e-mail addresses or user ids')
    .option('--all', 'everyone it is shared with')
    .addHelpText('after', HELP)
    .action((path: string, users: string[], options: UnshareOptions) =>
      run((context) => runUnshare(context, { path, users, ...options })),
    );
}

interface Unsharing extends UnshareOptions {
  readonly path: string;
  readonly users: readonly string[];
}

async function runUnshare(context: Context, wanted: Unsharing): Promise<ExitCode> {
  const { out, signal } = context;
  const connection = await context.connect();
  const names = parseRemotePath(wanted.path);
  if (names.length === 0) throw new CliError('usage', 'The root is never shared.');
  const path = formatRemotePath(names);
  const file = await connection.tree.get(names);
  for (const share of await findShares(connection, file, { ...wanted, signal })) {
    await connection.api.shares.remove(file.id, share.user.id, { signal });
    out.result(shareLine('unshared', path, share), null);
  }
  return EXIT.done;
}

type Found = Unsharing & { readonly signal: AbortSignal };

/** All are found before the first is ended. Throws `usage`, `unknown-users`. */
async function findShares(
  { api }: Connection,
  file: File,
  { users, all, signal }: Found,
): Promise<readonly Share[]> {
  const shares = (await api.shares.list(file.id, { signal })).filter(
    (share) => share.via.fileId === file.id,
  );
  if (file.role !== 'owner' && users.length === 0) {
    const { id } = await api.accounts.me({ signal });
    const own = shares.filter((share) => share.user.id === id);
    if (own.length > 0) return own;
    throw new CliError(
      'usage',
      'This came with a folder above that was shared with you: leave that one.',
    );
  }
  if (all === true) return shares;
  if (users.length === 0) throw new CliError('usage', 'Say whom to take it from, or --all.');
  const named = (share: Share, user: string) =>
    [share.user.id, share.user.email].some((name) => name.toLowerCase() === user.toLowerCase());
  const strangers = users.filter((user) => !shares.some((share) => named(share, user)));
  if (strangers.length > 0) {
    throw new AppError('unknown-users', `It is not shared with ${strangers.join(', ')} by itself.`);
  }
  return shares.filter((share) => users.some((user) => named(share, user)));
}
