import { Command, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import type { Runner } from './run/context.ts';

type AddCommand = (program: Command, run: Runner) => void;

/**
 * Every command, in the order of the help, under the names that it answers to. A command line loads
 * only what it names: reading all of them takes longer than most of them run.
 */
const COMMANDS: readonly (readonly [names: readonly string[], load: () => Promise<AddCommand>])[] =
  [
    [['login'], async () => (await import('./commands/login.ts')).addLogin],
    [['logout'], async () => (await import('./commands/logout.ts')).addLogout],
    [['put'], async () => (await import('./commands/put.ts')).addPut],
    [['get'], async () => (await import('./commands/get.ts')).addGet],
    [['ls'], async () => (await import('./commands/ls.ts')).addLs],
    [['mkdir'], async () => (await import('./commands/mkdir.ts')).addMkdir],
    [['mv'], async () => (await import('./commands/mv.ts')).addMv],
    [['cp'], async () => (await import('./commands/cp.ts')).addCp],
    [['rm'], async () => (await import('./commands/rm.ts')).addRm],
    [['restore'], async () => (await import('./commands/restore.ts')).addRestore],
    [['share'], async () => (await import('./commands/share.ts')).addShare],
    [['unshare'], async () => (await import('./commands/unshare.ts')).addUnshare],
    [['devices'], async () => (await import('./commands/devices.ts')).addDevices],
    [['watch'], async () => (await import('./commands/watch.ts')).addWatch],
    [['hash'], async () => (await import('./commands/hash.ts')).addHash],
    [['plan'], async () => (await import('./commands/plan.ts')).addPlan],
    [['sync'], async () => (await import('./commands/sync.ts')).addSync],
    [
      ['status', 'pause', 'resume'],
      async () => (await import('./commands/agent.ts')).addAgentCommands,
    ],
    [['doctor', 'admin'], async () => (await import('./commands/operator.ts')).addOperatorCommands],
    [['service'], async () => (await import('./commands/service.ts')).addService],
  ];

const EPILOGUE = `
Remote paths start at the root; a leading slash is optional.

Exit codes:
  0 done   1 failed   2 usage   3 not logged in, or this device was revoked
  4 partly done   5 waiting for a decision (mass deletion or edit, missing root)
  130 interrupted (repeating the command goes on where it stopped)

Start with:
  valise login https://files.example.org
  valise put holiday.mp4 --to Films
  valise sync ~/Valise`;

export interface GlobalOptions {
  readonly json?: true;
  readonly server?: string;
}

/**
 * Declares the command line, as far as `args` are about it. Parsing throws `CommanderError`; it never
 * ends the process.
 */
export async function createProgram(run: Runner, args: readonly string[]): Promise<Command> {
  const program = new Command('valise')
    .description('Puts files into a Valise server, gets them back, and looks after them.')
    .version(manifest.version)
    .option('--json', 'print one JSON object per line')
    .option('--server <url>', 'the server to talk to (default: the one of the last login)')
    .addHelpText('after', EPILOGUE)
    .configureHelp({ showGlobalOptions: true })
    .helpCommand(false)
    .showHelpAfterError('(--help says more)')
    .exitOverride();
  // What stands first may be an option's value, or nothing that there is: then all are needed.
  const named = COMMANDS.filter(([names]) => names.includes(args[0] ?? ''));
  const needed = named.length > 0 ? named : COMMANDS;
  for (const add of await Promise.all(needed.map(([, load]) => load()))) add(program, run);
  return program;
}

/** Asking for help or the version is no failure, though commander throws for it. */
export function isUsageError(error: unknown): error is CommanderError {
  return error instanceof CommanderError && error.exitCode !== 0;
}
