import type { Command } from 'commander';
import { fileLine } from '../output/file-line.ts';
import { forEachSource } from '../paths/destination.ts';
import { formatRemotePath } from '../paths/remote-path.ts';
import type { Context, Runner } from '../run/context.ts';
import type { ExitCode } from '../run/exit-codes.ts';

const HELP = `
A destination that is a folder takes the sources in; otherwise a single source becomes it.
Nothing is ever replaced.

Examples:
  valise mv draft.odt final.odt
  valise mv a.jpg b.jpg Photos/Lisbon`;

export function addMv(program: Command, run: Runner): void {
  program
    .command('mv')
    .description('move or rename')
    .argument('<source>', 'what to move')
    .argument('<path...>', 'more sources, and last the destination')
    .addHelpText('after', HELP)
    .action((source: string, rest: string[]) =>
      run((context) => runMv(context, [source, ...rest])),
    );
}

async function runMv(context: Context, paths: readonly string[]): Promise<ExitCode> {
  const { api, tree } = await context.connect();
  const { out, signal } = context;
  return forEachSource({ out, signal, tree }, paths, async ({ file }, { parentId, name, path }) => {
    const changes = {
      ...(name === file.name ? {} : { name }),
      ...(parentId === file.parentId ? {} : { parentId }),
    };
    const moved = await api.files.update(file.id, changes, { signal });
    tree.forget(file);
    tree.remember(moved);
    out.result(fileLine('moved', formatRemotePath(path), moved), null);
  });
}
