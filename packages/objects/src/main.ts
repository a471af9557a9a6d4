/**
 * The embedded object store: an S3 subset over one folder, as a process of its own. Promises that
 * what it has acknowledged survives any crash; doesn't promise more than one machine, one key pair
 * and one folder. Prints one JSON line on stdout when it listens; logs go to stderr.
 *
 *   main.ts                    serves
 *   main.ts check [--repair]   reads and proves everything in the folder of a store that is stopped
 *   main.ts compact            rewrites the journal of a store that is stopped
 *
 * Exit codes: 0 done (serving: after SIGTERM or SIGINT), 1 when it can't start or go on, 2 usage,
 * 3 when another process serves the folder, 4 when `check` found faults.
 */
import './settings/runtime.ts';
import { pino } from 'pino';
import { runCheck, runCompact } from './commands.ts';
import { readSettings } from './settings/settings.ts';
import { FolderInUse } from './storage/folder-lock.ts';
import { startStore } from './store-process.ts';

const stderr = pino.destination({ dest: 2, sync: true });
// Whoever started us may be gone, and its end of the pipe with it: serving goes on without a log.
stderr.on('error', () => undefined);
const log = pino({ name: 'objects', level: 'info' }, stderr);

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE') {
    return `${error.message}; set VALISE_OBJECTS_PORT to a free port`;
  }
  return error.message;
}

function end(error: unknown): never {
  log.fatal({ err: error }, explain(error));
  process.exit(error instanceof FolderInUse ? 3 : 1);
}

const print = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

async function serve(): Promise<void> {
  const store = await startStore(readSettings(), { log, onBroken: end });
  print({ type: 'listening', endpoint: store.endpoint, pid: process.pid });
  const stop = (): void => {
    store.close().then(() => process.exit(0), end);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

try {
  const command = process.argv.slice(2).join(' ');
  if (command === '') await serve();
  else if (command === 'check' || command === 'check --repair') {
    const repair = command !== 'check';
    process.exitCode = await runCheck(readSettings(), { repair, print });
  } else if (command === 'compact') process.exitCode = await runCompact(readSettings(), print);
  else {
    log.error('usage: main.ts [check [--repair] | compact]');
    process.exitCode = 2;
  }
} catch (error) {
  end(error);
}
