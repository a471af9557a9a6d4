/**
 * The command line: `valise COMMAND …`.
 *
 * Promises: stdout is the result, stderr the progress; `--json` prints one object per line; exit
 * codes are documented and stable; after Ctrl-C, or worse, repeating the command goes on.
 * Doesn't promise: anything about the human-readable text.
 */
import { CommanderError } from 'commander';
import { createOutput } from './output/output.ts';
import { createProgram, type GlobalOptions } from './program.ts';
import { CliError } from './run/cli-error.ts';
import type { Connection } from './run/connection.ts';
import type { Context } from './run/context.ts';
import { readEnvironment } from './run/environment.ts';
import { EXIT, type ExitCode } from './run/exit-codes.ts';
import { failureOf } from './run/failure.ts';
import { watchInterrupts } from './run/interrupts.ts';

async function main(args: readonly string[]): Promise<ExitCode> {
  const out = createOutput(wantsJson(args));
  let exit: ExitCode = EXIT.done;
  const program = await createProgram(async (command) => {
    exit = await runCommand(command, out, program.opts());
  }, args);
  // With --json a usage error is a JSON line like every other.
  if (out.json) program.configureOutput({ writeErr: () => {}, outputError: () => {} });
  for (const command of out.json ? program.commands : []) {
    command.copyInheritedSettings(program);
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    if (out.json)
      out.failure(failureOf(new CliError('usage', error.message.replace(/^error: /, ''))));
    return EXIT.usage;
  }
  return exit;
}

/** Asked before parsing, because a usage error has to be told in the right form, too. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).includes('--json');
}

async function runCommand(
  command: (context: Context) => Promise<ExitCode>,
  out: Context['out'],
  options: GlobalOptions,
): Promise<ExitCode> {
  const signal = watchInterrupts((text) => out.note(text));
  const env = readEnvironment();
  const server = options.server ?? null;
  const opened: Connection[] = [];
  try {
    return await command({
      env,
      out,
      signal,
      server,
      async connect(options) {
        // Loaded here: there are commands that need no server.
        const { connect } = await import('./run/connection.ts');
        const connection = await connect(env, { ...options, server, signal });
        opened.push(connection);
        return connection;
      },
    });
  } catch (error) {
    // Whatever an interrupted call threw, the interruption is the reason.
    const interrupted = signal.aborted && !(error instanceof CliError);
    const failure = failureOf(interrupted ? signal.reason : error);
    out.failure(failure);
    return failure.exit;
  } finally {
    for (const connection of opened) await connection.close();
  }
}

// Whoever reads our output (`| head`) may have seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.failed);
});
process.exitCode = await main(process.argv.slice(2));
