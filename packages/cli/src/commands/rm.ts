import type { Command } from 'commander';
import { fileLine } from '../output/file-line.ts';
import { formatRemotePath, parseRemotePath } from '../paths/remote-path.ts';
import { CliError } from '../run/cli-error.ts';
import type { Context, Runner } from '../run/context.ts';
import type { ExitCode } from '../run/exit-codes.ts';
import { forEachPath } from '../run/tally.ts';

const HELP = `
What goes to the trash can be brought back with \`valise restore\` until the trash is emptied.

Examples:
  valise rm draft.odt
  valise rm Photos/Blurred`;

export function addRm(program: Command, run: Runner): void {
  program
    .command('rm')
    .description('move to the trash; a folder goes with all below it')
    .argument('<path...>', 'what to remove')
    .addHelpText('after', HELP)
    .action((paths: string[]) => run((context) => runRm(context, paths)));
}

async function runRm(context: Context, paths: readonly string[]): Promise<ExitCode> {
  const { api, tree } = await context.connect();
  const { out, signal } = context;
  return forEachPath(out, signal, paths, async (path) => {
    const names = parseRemotePath(path);
    if (names.length === 0) throw new CliError('usage', 'The root cannot be removed.');
    const file = await tree.get(names);
    await api.files.remove(file.id, { signal });
    tree.forget(file);
    out.result(fileLine('removed', formatRemotePath(names), file), null);
  });
}
