import { execFile } from 'node:child_process';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

async function version(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(command, args).catch(() => ({ stdout: 'not installed' }));
  return stdout.split('\n')[0] ?? '';
}

/** What the figures were taken on. */
export async function describeMachine(): Promise<string> {
  const processors = cpus();
  return [
    `- ${processors.length} × ${processors[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${release()} ${arch()}`,
    `- Node ${process.version}; ${await version('rclone', 'version')}`,
    `- ${new Date().toISOString().slice(0, 10)}; the machine is shared: trust ratios, not seconds`,
  ].join('\n');
}
