import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface NginxProcess {
  /** Resolves with nginx's exit code when it ends, however that came about. */
  readonly ended: Promise<number>;
  /** Takes up a changed configuration; requests under way are finished with the old one. */
  reload(): void;
  /** Finishes the requests under way, then ends. */
  stop(): Promise<number>;
}

/** Runs nginx in the foreground. Throws when there is none, saying what to install. */
export async function startNginx(configPath: string): Promise<NginxProcess> {
  const child = spawn('nginx', ['-c', configPath], { stdio: ['ignore', 'inherit', 'inherit'] });
  await spawned(child);
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 0 : 1)));
  });
  return {
    ended,
    reload: () => void child.kill('SIGHUP'),
    stop() {
      child.kill('SIGQUIT');
      return ended;
    },
  };
}

async function spawned(child: ChildProcess): Promise<void> {
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new Error(
      'The edge is nginx with its JavaScript module; on Debian: ' +
        'apt-get install nginx-light libnginx-mod-http-js',
      { cause },
    );
  }
}
