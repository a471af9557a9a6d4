import type { Output } from '../output/output.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { type Failure, failureOf } from './failure.ts';

/** Counts how the pieces of one command went, and tells of those that failed. */
export interface Tally {
  done(): void;
  failed(error: unknown, about: Readonly<Record<string, string>>): void;
  refused(failure: Failure, about: Readonly<Record<string, string>>): void;
  /** 0 all done, 4 some, and if none, the code of the first failure. */
  exit(): ExitCode;
}

export function createTally(out: Output): Tally {
  let done = 0;
  let first: ExitCode | null = null;
  const refused: Tally['refused'] = (failure, about) => {
    first ??= failure.exit;
    out.failure(failure, about);
  };
  return {
    done() {
      done++;
    },
    failed: (error, about) => refused(failureOf(error), about),
    refused,
    exit() {
      if (first === null) return EXIT.done;
      return done > 0 ? EXIT.partlyDone : first;
    },
  };
}

/** Does one thing per path; a path that fails is told and the rest goes on. */
export async function forEachPath(
  out: Output,
  signal: AbortSignal,
  paths: readonly string[],
  work: (path: string) => Promise<void>,
): Promise<ExitCode> {
  const tally = createTally(out);
  for (const path of paths) {
    try {
      await work(path);
      tally.done();
    } catch (error) {
      signal.throwIfAborted();
      tally.failed(error, { path });
    }
  }
  return tally.exit();
}
