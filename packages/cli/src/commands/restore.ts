import type { Command } from 'commander';
import { fileLine } from '../output/file-line.ts';
import { printable } from '../output/format.ts';
import { formatRemotePath, parseRemotePath } from '../paths/remote-path.ts';
import { createTrashIndex } from '../paths/trash-index.ts';
import type { Context, Runner } from '../run/context.ts';
import type { ExitCode } from '../run/exit-codes.ts';
import { forEachPath } from '../run/tally.ts';

const HELP = `
The path is the one from before the removal. Of several removed there the newest comes back.

Examples:
  valise restore draft.odt
  valise restore Photos/Blurred`;

export function addRestore(program: Command, run: Runner): void {
  program
    .command('restore')
    .description('bring back from the trash')
    .argument('<path...>', 'where it was')
    .addHelpText('after', HELP)
    .action((paths: string[]) => run((context) => runRestore(context, paths)));
}

async function runRestore(context: Context, paths: readonly string[]): Promise<ExitCode> {
  const { api } = await context.connect();
  const { out, signal } = context;
  const trash = await createTrashIndex(api, { signal });
  return forEachPath(out, signal, paths, async (path) => {
    const names = parseRemotePath(path);
    const file = await api.files.restore(await trash.newestAt(names), { signal });
    const moved = file.name === names.at(-1) ? null : `Restored as ${printable(file.name)}.`;
    const shown = formatRemotePath([...names.slice(0, -1), file.name]);
    out.result(fileLine('restored', shown, file), moved);
  });
}
