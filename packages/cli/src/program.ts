import { Command, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addAgentCommands } from './commands/agent.ts';
import { addCp } from './commands/cp.ts';
import { addDevices } from './commands/devices.ts';
import { addGet } from './commands/get.ts';
import { addHash } from './commands/hash.ts';
import { addLogin } from './commands/login.ts';
import { addLogout } from './commands/logout.ts';
import { addLs } from './commands/ls.ts';
import { addMkdir } from './commands/mkdir.ts';
import { addMv } from './commands/mv.ts';
import { addPlan } from './commands/plan.ts';
import { addPut } from './commands/put.ts';
import { addRestore } from './commands/restore.ts';
import { addRm } from './commands/rm.ts';
import { addService } from './commands/service.ts';
import { addSync } from './commands/sync.ts';
import type { Runner } from './run/context.ts';

const COMMANDS = [
  addLogin,
  addLogout,
  addPut,
  addGet,
  addLs,
  addMkdir,
  addMv,
  addCp,
  addRm,
  addRestore,
  addDevices,
  addHash,
  addPlan,
  addSync,
  addAgentCommands,
  addService,
] as const;

const EPILOGUE = `
Remote paths start at the root; a leading slash is optional.

Exit codes:
  0 done   1 failed   2 usage   3 not logged in, or this device was revoked
  4 partly done   5 waiting for a decision (mass deletion, missing root)
  130 interrupted (repeating the command goes on where it stopped)

Start with:
  valise login https://files.example.org
  valise put holiday.mp4 --to Films
  valise sync ~/Valise`;

export interface GlobalOptions {
  readonly json?: true;
  readonly server?: string;
}

/** Declares the command line. Parsing throws `CommanderError`; it never ends the process. */
export function createProgram(run: Runner): Command {
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
  for (const add of COMMANDS) add(program, run);
  return program;
}

/** Asking for help or the version is no failure, though commander throws for it. */
export function isUsageError(error: unknown): error is CommanderError {
  return error instanceof CommanderError && error.exitCode !== 0;
}
