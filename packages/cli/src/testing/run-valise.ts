import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const LAUNCHER = fileURLToPath(new URL('../../bin/valise.js', import.meta.url));

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
  /** Sees the process while it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

export interface RunResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real program as a shell would. */
export async function runValise(args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { env, cwd, input = '', onStart } = options;
  const child = spawn(process.execPath, [LAUNCHER, ...args], { env, cwd });
  child.stdin.end(input);
  onStart?.(child);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const { promise, resolve, reject } = Promise.withResolvers<Pick<RunResult, 'code' | 'signal'>>();
  child.on('error', reject);
  child.on('close', (code, signal) => resolve({ code, signal }));
  const ended = await promise;
  return { ...ended, stdout: await stdout, stderr: await stderr };
}

/** What `--json` printed. */
export function jsonLines(result: RunResult): Record<string, unknown>[] {
  const lines = result.stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line));
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const piece of stream) text += piece;
  return text;
}
