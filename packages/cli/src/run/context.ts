import type { Output } from '../output/output.ts';
import type { Connection, ConnectOptions } from './connection.ts';
import type { Environment } from './environment.ts';
import type { ExitCode } from './exit-codes.ts';

/** What every command gets. */
export interface Context {
  readonly env: Environment;
  readonly out: Output;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** The value of `--server`. */
  readonly server: string | null;
  /** Talks to the server as whoever is logged in; closed by whoever made the context. */
  connect(options?: ConnectOptions): Promise<Connection>;
}

/** Runs a command: gives it a context, shows its failure, closes what it opened. */
export type Runner = (command: (context: Context) => Promise<ExitCode>) => Promise<void>;
