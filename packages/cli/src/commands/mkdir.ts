import { AppError } from '@valise/core/errors';
import type { Command } from 'commander';
import { fileLine } from '../output/file-line.ts';
import { formatRemotePath, parseRemotePath } from '../paths/remote-path.ts';
import type { Context, Runner } from '../run/context.ts';
import type { ExitCode } from '../run/exit-codes.ts';
import { forEachPath } from '../run/tally.ts';

const HELP = `
Examples:
  valise mkdir Films
  valise mkdir -p Photos/2026/Lisbon`;

interface MkdirOptions {
  readonly parents?: true;
}

export function addMkdir(program: Command, run: Runner): void {
  program
    .command('mkdir')
    .description('make folders')
    .argument('<path...>', 'the folders to make')
    .option('-p, --parents', 'make missing parents too; a folder that exists is fine')
    .addHelpText('after', HELP)
    .action((paths: string[], options: MkdirOptions) =>
      run((context) => runMkdir(context, paths, options)),
    );
}

async function runMkdir(
  context: Context,
  paths: readonly string[],
  { parents }: MkdirOptions,
): Promise<ExitCode> {
  const { tree } = await context.connect();
  return forEachPath(context.out, context.signal, paths, async (path) => {
    const names = parseRemotePath(path);
    const name = names.at(-1);
    if (name === undefined) throw new AppError('name-taken', 'The root is there already.');
    const above = names.slice(0, -1);
    const parent = parents ? await tree.ensureFolder(above) : await tree.folder(above);
    const { file, made } = await tree.ensureChildFolder(parent, name);
    if (!made && !parents) throw new AppError('name-taken', 'There is such a folder already.');
    const shown = formatRemotePath(names);
    context.out.result(fileLine(made ? 'created' : 'unchanged', shown, file), null);
  });
}
