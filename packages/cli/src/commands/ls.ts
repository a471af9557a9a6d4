import type { File } from '@valise/core/wire';
import { Argument, type Command } from 'commander';
import { fileLine } from '../output/file-line.ts';
import { formatBytes, formatTime, printable } from '../output/format.ts';
import { formatRemotePath, parseRemotePath, type RemotePath } from '../paths/remote-path.ts';
import { listShared, SHARED_NAME } from '../paths/shared-folder.ts';
import type { Context, Runner } from '../run/context.ts';
import { EXIT, type ExitCode } from '../run/exit-codes.ts';
import { shareLine, shareText } from './share.ts';

const HELP = `
Examples:
  valise ls
  valise ls -l Films
  valise ls --json | jq -r .path
  valise ls --shared             what others have shared with you
  valise ls --shared Budget      whom Budget is shared with`;

interface LsOptions {
  readonly long?: true;
  readonly shared?: true;
}

export function addLs(program: Command, run: Runner): void {
  program
    .command('ls')
    .description('list a folder, or show one file')
    .addArgument(new Argument('[path]', 'what to list').default('/', 'the root'))
    .option('--shared', 'what was shared with you; of a path, with whom it is shared')
    .option('-l, --long', 'with size, time and kind')
    .addHelpText('after', HELP)
    .action((path: string, options: LsOptions) => run((context) => runLs(context, path, options)));
}

async function runLs(context: Context, path: string, options: LsOptions): Promise<ExitCode> {
  const { out } = context;
  const { long } = options;
  const { tree } = await context.connect();
  const names = parseRemotePath(path);
  if (options.shared) return runShared(context, names);
  const subject = names.length === 0 ? null : await tree.get(names);
  const isFolder = subject === null || subject.kind === 'folder';
  const files = isFolder ? await tree.children(subject?.id ?? null) : [subject];
  const folder = isFolder ? names : names.slice(0, -1);
  for (const file of files) {
    const line = fileLine('listed', formatRemotePath([...folder, file.name]), file);
    out.result(line, long ? longLine(file) : shortName(file));
  }
  return EXIT.done;
}

async function runShared(context: Context, names: RemotePath): Promise<ExitCode> {
  const { out, signal } = context;
  const { api, tree } = await context.connect();
  if (names.length > 0) {
    const file = await tree.get(names);
    for (const share of await api.shares.list(file.id, { signal })) {
      const way = share.via.fileId === file.id ? '' : `  with ${printable(share.via.name)}/`;
      out.result(shareLine('listed', formatRemotePath(names), share), `${shareText(share)}${way}`);
    }
    return EXIT.done;
  }
  for (const file of (await listShared(api.shares, { signal })).toReversed()) {
    const line = fileLine('listed', formatRemotePath([SHARED_NAME, file.name]), file);
    const when = formatTime(file.sharedAt);
    const text = `${file.role.padEnd(6)}  ${when}  ${shortName(file)}  from ${printable(file.sharedBy.name)}`;
    out.result(line, text);
  }
  return EXIT.done;
}

function shortName(file: File): string {
  return `${printable(file.name)}${file.kind === 'folder' ? '/' : ''}`;
}

function longLine(file: File): string {
  const size = file.kind === 'file' ? formatBytes(file.size) : '–';
  const kind = file.kind === 'file' ? (file.executable ? 'x' : '-') : file.kind.charAt(0);
  const target = file.target === undefined ? '' : ` -> ${printable(file.target)}`;
  return `${kind} ${size.padStart(8)}  ${formatTime(file.modifiedAt)}  ${shortName(file)}${target}`;
}
