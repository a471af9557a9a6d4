import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

export interface Run {
  readonly milliseconds: number;
  /** Peak resident memory in bytes of the process itself (sampled high-water mark). */
  readonly peakMemory: number;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's own; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
}

/** Times a whole process, from spawn to exit. Throws with its output when it fails. */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Run> {
  const start = performance.now();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(options.input ?? '');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4000);
    });
  }
  let peakMemory = 0;
  const sampler = setInterval(() => {
    void peakOf(child.pid ?? 0).then((peak) => {
      peakMemory = Math.max(peakMemory, peak);
    });
  }, 50);
  const code = await new Promise<number | null>((done, fail) => {
    child.on('error', fail);
    child.on('close', (status) => done(status));
  });
  clearInterval(sampler);
  const milliseconds = performance.now() - start;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} exited ${code}:\n${output}`);
  return { milliseconds, peakMemory };
}

/** The kernel's high-water mark of resident memory, in bytes; 0 once the process is gone. */
export async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Bytes a process has read and written through system calls, sockets included. */
export async function bytesThrough(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/io`, 'utf8').catch(() => '');
  const field = (name: string) => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return field('rchar') + field('wchar');
}
