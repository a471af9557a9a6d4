import type { Share, ShareRole } from '@valise/core/wire';
import { type Command, Option } from 'commander';
import { printable } from '../output/format.ts';
import type { JsonLine } from '../output/output.ts';
import { formatRemotePath, parseRemotePath } from '../paths/remote-path.ts';
import { CliError } from '../run/cli-error.ts';
import type { Context, Runner } from '../run/context.ts';
import { EXIT, type ExitCode } from '../run/exit-codes.ts';

const HELP = `
A folder is shared with all below it, now and later. Viewers read, editors also change. Sharing
again changes the role. Either everyone named gets it or, if an address is unknown, nobody.

Examples:
  valise share Photos/Lisbon ann@example.org
  valise share Budget --role editor ann@example.org bob@example.org
  valise ls --shared Budget`;

interface ShareOptions {
  readonly role?: ShareRole;
}

export function addShare(program: Command, run: Runner): void {
  program
    .command('share')
    .description('share a file or folder with people')
    .argument('<path>', 'what to share')
    .argument('<user...>', 'e-mail addresses or user ids')
    .addOption(
      new Option('--role <role>', 'what they may do')
        .choices(['viewer', 'editor'])
        .default('viewer'),
    )
    .addHelpText('after', HELP)
    .action((path: string, users: string[], options: ShareOptions) =>
      run((context) => runShare(context, { path, users, ...options })),
    );
}

interface Sharing extends ShareOptions {
  readonly path: string;
  readonly users: readonly string[];
}

async function runShare(context: Context, { path, users, role }: Sharing): Promise<ExitCode> {
  const { out, signal } = context;
  const { api, tree } = await context.connect();
  const names = parseRemotePath(path);
  if (names.length === 0) throw new CliError('usage', 'The root cannot be shared.');
  const file = await tree.get(names);
  const request = { users: [...users], ...(role === undefined ? {} : { role }) };
  for (const share of await api.shares.share(file.id, request, { signal })) {
    out.result(shareLine('shared', formatRemotePath(names), share), shareText(share));
  }
  return EXIT.done;
}

/** How commands tell of a share with `--json`. */
export function shareLine(
  action: 'shared' | 'unshared' | 'listed',
  path: string,
  share: Share,
): JsonLine {
  return { type: 'share', action, path, ...share };
}

export function shareText({ user, role }: Share): string {
  return `${role.padEnd(6)}  ${printable(user.email)}  ${printable(user.name)}`;
}
