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
