import { CliError } from './cli-error.ts';

/** Runs a transfer; when Ctrl-C ends it, says that nothing is lost. */
export async function resumable<T>(signal: AbortSignal, transfer: () => Promise<T>): Promise<T> {
  try {
    return await transfer();
  } catch (error) {
    if (!signal.aborted) throw error;
    const advice = 'Stopped. Repeat the same command to go on from here.';
    throw new CliError('interrupted', advice, { cause: error });
  }
}
