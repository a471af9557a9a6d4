import type { Command } from 'commander';
import { fileLine } from '../output/file-line.ts';
import { forEachSource } from '../paths/destination.ts';
import { formatRemotePath } from '../paths/remote-path.ts';
import type { Context, Runner } from '../run/context.ts';
import type { ExitCode } from '../run/exit-codes.ts';

const HELP = `
A folder is copied with all below it. A destination that is a folder takes the sources in;
otherwise a single source becomes it. Nothing is ever replaced.

Examples:
  valise cp report.odt "report, final.odt"
  valise cp Photos/Lisbon Archive`;

export function addCp(program: Command, run: Runner): void {
  program
    .command('cp')
    .description('copy on the server; no byte travels')
    .argument('<source>', 'what to copy')
    .argument('<path...>', 'more sources, and last the destination')
    .addHelpText('after', HELP)
    .action((source: string, rest: string[]) =>
      run((context) => runCp(context, [source, ...rest])),
    );
}

async function runCp(context: Context, paths: readonly string[]): Promise<ExitCode> {
  const { api, tree } = await context.connect();
  const { out, signal } = context;
  return forEachSource({ out, signal, tree }, paths, async ({ file }, { parentId, name, path }) => {
    const copy = await api.files.copy(file.id, { parentId, name }, { signal });
    tree.remember(copy);
    out.result(fileLine('copied', formatRemotePath(path), copy), null);
  });
}
