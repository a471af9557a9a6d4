/**
 * The Valise server: accounts, metadata and signed URLs over HTTP. Promises: it starts from an empty
 * folder, runs until told to stop, and no file byte passes through it. `docs/configuration.md`
 * lists its variables.
 *
 * stdout: one line when it is ready. stderr: JSON logs; before they begin, plain sentences.
 * Exit codes: 0 stopped when asked, 1 could not start.
 */
import { pino } from 'pino';
import { readEnvironment } from './config/environment.ts';
import { loadConfig } from './config/load-config.ts';
import { type RunningServer, startServer } from './run/server.ts';

// Lines that come while others are being written go out together with the next ones; what is left at
// the end is written then.
const log = pino({ base: { pid: process.pid } }, pino.destination({ dest: 2, sync: false }));

try {
  const config = await loadConfig(readEnvironment(process.cwd()));
  const starting = startServer(config, log);
  stopOnSignals(starting);
  await starting;
  process.stdout.write(`Valise runs at ${config.url} (data in ${config.data}; Ctrl-C stops it)\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

/** npm passes a Ctrl-C on to a process that the terminal has told already. */
const ECHO_MS = 1_000;

/** The first signal stops in order; who is in a hurry sends another. */
function stopOnSignals(starting: Promise<RunningServer>): void {
  let stoppingSince: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (stoppingSince !== undefined) {
        if (now - stoppingSince > ECHO_MS) process.exit(signal === 'SIGINT' ? 130 : 143);
        return;
      }
      stoppingSince = now;
      log.info({ signal }, 'Stopping');
      // A start that fails reports itself above.
      starting.then(stop, () => undefined);
    });
  }
}

async function stop(server: RunningServer): Promise<void> {
  await server.close();
  log.info('Stopped');
  process.exit(0);
}
