/**
 * The embedded object store: an S3 subset over one folder, as a process of its own. Promises that
 * what it has acknowledged survives any crash; doesn't promise more than one machine, one key pair
 * and path-style addressing. Prints one JSON line on stdout when it listens; logs go to stderr.
 * Exit codes: 0 after SIGTERM or SIGINT, 1 when it can't start or go on, 3 when another process
 * serves the folder.
 */
import './settings/thread-pool.ts';
import { pino } from 'pino';
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

try {
  const store = await startStore(readSettings(), { log, onBroken: end });
  const line = { type: 'listening', endpoint: store.endpoint, pid: process.pid };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  const stop = (): void => {
    store.close().then(() => process.exit(0), end);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (error) {
  end(error);
}
