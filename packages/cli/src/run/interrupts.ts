import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The first Ctrl-C stops cleanly (the signal aborts), a second one at once.
 *
 * Behind the launcher a signal can arrive twice: from the terminal, which tells the whole process
 * group, and relayed by the launcher, which can't know that. So the two sources are counted apart
 * and the larger count holds. When the launcher is gone, this process has nobody to work for.
 */
export function watchInterrupts(tell: (text: string) => void): AbortSignal {
  const controller = new AbortController();
  let direct = 0;
  let relayed = 0;
  let handled = 0;
  const onInterrupt = () => {
    if (Math.max(direct, relayed) <= handled) return;
    handled++;
    if (handled > 1) process.exit(EXIT.interrupted);
    tell('Stopping … (Ctrl-C again stops at once)');
    controller.abort(new CliError('interrupted', 'Stopped.'));
  };
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      direct++;
      onInterrupt();
    });
  }
  if (process.channel !== undefined && process.channel !== null) {
    process.on('message', () => {
      relayed++;
      onInterrupt();
    });
    process.on('disconnect', () => process.exit(EXIT.interrupted));
    process.channel.unref();
  }
  return controller.signal;
}
