import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnvironment, REPOSITORY } from './server.ts';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** One device: its login and state. */
  readonly home: string;
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Sees the process once it runs, e.g. to interrupt it. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs the real `valise` as a user's shell would. */
export async function valise(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const child = spawn(join(REPOSITORY, 'node_modules/.bin/valise'), args, {
    cwd: options.cwd ?? options.home,
    env: { ...cleanEnvironment(), VALISE_HOME: options.home, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  options.onStart?.(child);
  child.stdin.end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.on('error', fail);
    child.on('close', (status) => done(status));
  });
  return { code, stdout, stderr };
}

/** The JSON lines a command printed. */
// biome-ignore lint/suspicious/noExplicitAny: black-box checks look at untyped answers on purpose
export function lines(result: CliResult): any[] {
  return result.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
