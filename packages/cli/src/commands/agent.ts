import { resolve } from 'node:path';
import type { AgentStatus, FileState, ResumeOptions } from '@valise/sync';
import type { Command } from 'commander';
import { printable } from '../output/format.ts';
import { CliError } from '../run/cli-error.ts';
import type { Context, Runner } from '../run/context.ts';
import { EXIT, type ExitCode } from '../run/exit-codes.ts';
import { stateLine } from '../sync/agent-report.ts';
import {
  askAgent,
  type ControlRefusal,
  type ControlRequest,
  socketPath,
} from '../sync/control-socket.ts';
import type { ProgressNow } from '../sync/progress.ts';
import { remoteFolder } from '../sync/remote-folder.ts';

const FROM_THE_START = `
To leave a folder out before the first sync: valise sync FOLDER --without Films`;

/** `status`, `pause`, `resume`, `select`, `deselect`: a word with the running agent. */
export function addAgentCommands(program: Command, run: Runner): void {
  program
    .command('status')
    .description('what the running sync is doing, and what it could not do')
    .argument('[path]', 'a file or folder: how it stands, and each file in it')
    .action((path?: string) =>
      run((context) =>
        tell(context, {
          command: 'status',
          ...(path === undefined ? {} : { path: resolve(path) }),
        }),
      ),
    );
  program
    .command('pause')
    .description('let the running sync rest')
    .action(() => run((context) => tell(context, { command: 'pause' })));
  program
    .command('resume')
    .description('let the sync go on, and try again at once what failed')
    .option('--accept-deletes', 'go on although very much would be deleted')
    .option('--accept-edits', 'send what was edited although it is most of all files')
    .option('--leave', 'leave the shares that were removed from the folder')
    .option('--bring-back', 'have them back')
    .action((options: ResumeOptions) =>
      run((context) => tell(context, { ...options, command: 'resume' })),
    );
  program
    .command('deselect')
    .description('keep a folder at the server only: it goes to .valise/trash here')
    .argument('<folder>', 'its path at the server')
    .addHelpText('after', FROM_THE_START)
    .action((folder: string) => run((context) => choose(context, folder, { isWanted: false })));
  program
    .command('select')
    .description('have a deselected folder here again')
    .argument('<folder>', 'its path at the server')
    .action((folder: string) => run((context) => choose(context, folder, { isWanted: true })));
}

function choose(
  context: Context,
  folder: string,
  { isWanted }: { readonly isWanted: boolean },
): Promise<ExitCode> {
  return tell(context, { command: 'choose', path: remoteFolder(folder), isWanted });
}

async function tell({ env, out }: Context, request: ControlRequest): Promise<ExitCode> {
  const answer = await askAgent(socketPath(env.stateDir), request);
  if (answer === null) {
    throw new CliError('no-agent', 'No sync is running here. Start one with: valise sync FOLDER');
  }
  const { refused } = answer as Partial<ControlRefusal>;
  if (refused !== undefined) throw new CliError('refused', refused);
  const { asked, waiting = [], ...status } = answer as StatusAnswer;
  if (asked !== undefined) {
    for (const one of asked) out.result({ type: 'file', ...one }, fileLine(one));
    return EXIT.done;
  }
  const line = `${printable(status.folder)}: ${stateLine(status, status)}`;
  out.result({ type: 'status', ...status }, line);
  for (const { path, reason } of status.problems) {
    out.result({ type: 'problem', path, reason }, `  ${printable(path)}: ${reason}`);
  }
  for (const path of status.deselected) {
    out.result(
      { type: 'deselected', path },
      `  ${printable(path)}: at the server only (deselected)`,
    );
  }
  for (const one of waiting) out.result({ type: 'file', ...one }, `  ${fileLine(one)}`);
  const more = status.pending - waiting.length - status.problems.length;
  if (waiting.length > 0 && more > 0) out.note(`  and ${more.toLocaleString('en')} more that wait`);
  return EXIT.done;
}

type StatusAnswer = AgentStatus &
  Partial<ProgressNow> & {
    readonly asked?: readonly FileState[];
    readonly waiting?: readonly FileState[];
  };

function fileLine({ path, state, reason }: FileState): string {
  return `${printable(path)}: ${state}${reason === '' ? '' : ` (${reason})`}`;
}
