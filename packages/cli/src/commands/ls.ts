import type { File } from '@valise/core/wire';
import { Argument, type Command } from 'commander';
import { fileLine } from '../output/file-line.ts';
import { formatBytes, formatTime, printable } from '../output/format.ts';
import { formatRemotePath, parseRemotePath } from '../paths/remote-path.ts';
import type { Context, Runner } from '../run/context.ts';
import { EXIT, type ExitCode } from '../run/exit-codes.ts';

const HELP = `
Examples:
  valise ls
  valise ls -l Films
  valise ls --json | jq -r .path`;

interface LsOptions {
  readonly long?: true;
}

export function addLs(program: Command, run: Runner): void {
  program
    .command('ls')
    .description('list a folder, or show one file')
    .addArgument(new Argument('[path]', 'what to list').default('/', 'the root'))
    .option('-l, --long', 'with size, time and kind')
    .addHelpText('after', HELP)
    .action((path: string, options: LsOptions) => run((context) => runLs(context, path, options)));
}

async function runLs(context: Context, path: string, { long }: LsOptions): Promise<ExitCode> {
  const { out } = context;
  const { tree } = await context.connect();
  const names = parseRemotePath(path);
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

function shortName(file: File): string {
  return `${printable(file.name)}${file.kind === 'folder' ? '/' : ''}`;
}

function longLine(file: File): string {
  const size = file.kind === 'file' ? formatBytes(file.size) : '–';
  const kind = file.kind === 'file' ? (file.executable ? 'x' : '-') : file.kind.charAt(0);
  const target = file.target === undefined ? '' : ` -> ${printable(file.target)}`;
  return `${kind} ${size.padStart(8)}  ${formatTime(file.modifiedAt)}  ${shortName(file)}${target}`;
}
