import type { Command } from 'commander';
import type { Runner } from '../run/context.ts';
import { parseRate } from '../sync/parse-rate.ts';
import { type SyncOptions, syncFolder } from '../sync/sync-folder.ts';

const HELP = `
The folder and everything on the server become the same, and stay so until you press Ctrl-C. Both
may have content already: then they are merged, and nothing is deleted. Of two edits of one file the
last one wins, and the other is kept beside it as a conflicted copy. What disappears from here
because it was deleted elsewhere is kept in .valise/trash for 30 days.

Where more than half of all files (three or more) are to be deleted, or have other contents here
(twenty or more, as after a program that encrypts them), nothing of that is done until you say that it
is meant: --accept-deletes, --accept-edits. Everything else goes on.

What others share with you appears in "Shared with me". Removing one of these from there leaves
the share, but only when you say so (--leave); --bring-back undoes it. What you may only read comes
back as it was when you change it; your own version stays beside it.

A file .valiseignore, in any folder, names what isn't synced, by Git's rules. --without leaves
folders at the server only, on this device and from now on: name each by its path there. What lies
in their places here is left alone. "valise select" has one back, "valise deselect" leaves out more.

Examples:
  valise sync ~/Valise
  valise sync ~/Valise --once
  valise sync ~/Valise --without Films --without Photos/Raw
  valise sync ~/Valise --limit-up 500k --limit-down 2M
  valise service install ~/Valise`;

export function addSync(program: Command, run: Runner): void {
  program
    .command('sync')
    .description('keep a folder in step with the server')
    .argument('<folder>', 'local folder, made if missing')
    .option('--once', 'bring both in step and end')
    .option(
      '--without <folder>',
      'leave this folder at the server only (repeatable)',
      addFolder,
      [],
    )
    .option('--accept-deletes', 'go on although very much would be deleted')
    .option('--accept-edits', 'send what was edited although it is most of all files')
    .option('--leave', 'leave the shares that were removed from the folder')
    .option('--bring-back', 'have them back')
    .option('--limit-up <rate>', 'bytes a second that sending may take, like 500k or 2M', parseRate)
    .option('--limit-down <rate>', 'the same for receiving', parseRate)
    .option('--new-root', 'the folder lost its marker, and that is meant: merge it anew')
    .addHelpText('after', HELP)
    .action((folder: string, options: SyncOptions) =>
      run((context) => syncFolder(context, folder, options)),
    );
}

function addFolder(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
