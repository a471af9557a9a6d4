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
import { parseDuration } from './admin/duration.ts';
import { runReconcile } from './admin/reconcile-command.ts';
import { readEnvironment } from './config/environment.ts';

const USAGE = `Usage: doctor [--fix] [--json]
       reconcile [--free] [--older-than 7d] [--accept-deletes] [--json]
`;

const FLAG = { type: 'boolean', default: false } as const;

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`valise: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT.failed;
}

async function run([command, ...args]: readonly string[]): Promise<Exit> {
  switch (command) {
    case 'doctor': {
      const { json, fix } = parseArgs({ args, options: { json: FLAG, fix: FLAG } }).values;
      return runDoctor(contextOf(json), { fix });
    }
    case 'reconcile': {
      const { values } = parseArgs({
        args,
        options: {
          json: FLAG,
          free: FLAG,
          'accept-deletes': FLAG,
          'older-than': { type: 'string', default: '7d' },
        },
      });
      return runReconcile(contextOf(values.json), {
        free: values.free,
        acceptDeletes: values['accept-deletes'],
        olderThanMs: parseDuration(values['older-than']),
      });
    }
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
