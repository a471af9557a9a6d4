import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { CliError } from '../run/cli-error.ts';
import type { Context, Runner } from '../run/context.ts';
import type { ExitCode } from '../run/exit-codes.ts';

const HERE =
  'Runs on the server’s machine, in the folder that the server is started in and with its environment.';

/** What looks after a server: the server's own program does it, with the server's settings. */
export function addOperatorCommands(program: Command, run: Runner): void {
  program
    .command('doctor')
    .description('check everything a server stands on, and say what to mend')
    .option(
      '--fix',
      'set right what can be set right without harm: CORS and lifecycle of the bucket',
    )
    .addHelpText('after', `\n${HERE}`)
    .action(({ fix }: { fix?: true }) =>
      run((context) => runBesideServer(context, ['doctor', ...(fix ? ['--fix'] : [])])),
    );
  program
    .command('admin')
    .description('look after a server')
    .command('reconcile')
    .description('compare object store and database, and tell what only one of them has')
    .option('--free', 'free what the store holds and nothing names')
    .option('--older-than <age>', 'let be what is younger: 90s, 15m, 12h, 7d', '7d')
    .option('--accept-deletes', 'free it though it is most of what the store holds')
    .addHelpText('after', `\n${HERE}`)
    .action((options: ReconcileOptions) =>
      run((context) => runBesideServer(context, reconcileArguments(options))),
    );
}

interface ReconcileOptions {
  readonly free?: true;
  readonly olderThan: string;
  readonly acceptDeletes?: true;
}

function reconcileArguments({ free, olderThan, acceptDeletes }: ReconcileOptions): string[] {
  return [
    'reconcile',
    `--older-than=${olderThan}`,
    ...(free ? ['--free'] : []),
    ...(acceptDeletes ? ['--accept-deletes'] : []),
  ];
}

function runBesideServer({ out, signal }: Context, args: readonly string[]): Promise<ExitCode> {
  const program = findProgram();
  const child = spawn(process.execPath, [program, ...args, ...(out.json ? ['--json'] : [])], {
    stdio: 'inherit',
  });
  signal.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve((code ?? 130) as ExitCode));
  });
}

/** The server is installed beside the command line, or this is a device that has only the latter. */
function findProgram(): string {
  try {
    return fileURLToPath(import.meta.resolve('@valise/server/admin'));
  } catch {
    throw new CliError('usage', `There is no Valise server here. ${HERE}`);
  }
}
