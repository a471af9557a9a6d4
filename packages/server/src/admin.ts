/**
 * What an administrator runs beside the server, on its machine and with its environment: `valise
 * doctor` and `valise admin …` start this program. Being able to read the server's settings is the
 * right to use it; it asks for no login.
 *
 * stdout: the results. stderr: why it could not begin. Exit codes: see `admin/command.ts`.
 */
import { parseArgs } from 'node:util';
import { type CommandContext, EXIT, type Exit } from './admin/command.ts';
import { runDoctor } from './admin/doctor-command.ts';
import { readEnvironment } from './config/environment.ts';

const USAGE = 'Usage: doctor [--fix] [--json]\n';

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`valise: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT.failed;
}

async function run(args: readonly string[]): Promise<Exit> {
  const [command, ...rest] = args;
  const { values } = parseArgs({
    args: rest,
    options: {
      json: { type: 'boolean', default: false },
      fix: { type: 'boolean', default: false },
    },
  });
  const context = contextOf(values.json);
  switch (command) {
    case 'doctor':
      return runDoctor(context, { fix: values.fix });
    default:
      process.stderr.write(USAGE);
      return EXIT.usage;
  }
}

function contextOf(json: boolean): CommandContext {
  return {
    environment: readEnvironment(process.cwd()),
    json,
    print(line, text) {
      process.stdout.write(`${json ? JSON.stringify(line) : text}\n`);
    },
  };
}
