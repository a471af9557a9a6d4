import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Debian's nginx over one folder: WebDAV PUT and DELETE, static GET, as its manual has them. */
export class NginxFiles {
  readonly origin: URL;
  readonly folder: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, origin: URL, folder: string) {
    this.#process = process;
    this.origin = origin;
    this.folder = folder;
  }

  static async start(folder: string): Promise<NginxFiles> {
    const files = join(folder, 'files');
    for (const path of [files, join(folder, 'body')]) {
      await mkdir(path, { recursive: true, mode: 0o777 });
    }
    const port = await freePort();
    const path = join(folder, 'nginx.conf');
    await writeFile(path, configuration(folder, port));
    const child = spawn('nginx', ['-c', path, '-p', folder, '-e', 'stderr'], { stdio: 'ignore' });
    const origin = new URL(`http://127.0.0.1:${port}`);
    for (let tries = 0; ; tries += 1) {
      const isUp = await fetch(origin).then(
        () => true,
        () => false,
      );
      if (isUp) return new NginxFiles(child, origin, files);
      if (tries > 100 || child.exitCode !== null) throw new Error('nginx does not start.');
      await sleep(50);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise<void>((done) => this.#process.once('exit', () => done()));
    this.#process.kill('SIGTERM');
    return ended;
  }
}

function configuration(folder: string, port: number): string {
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `daemon off; ${user} worker_processes 2; pid ${folder}/nginx.pid; error_log stderr;
events { worker_connections 256; }
http {
  access_log off; sendfile on; tcp_nopush on;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  client_max_body_size 0;
  server {
    listen 127.0.0.1:${port};
    root ${folder}/files;
    location / { dav_methods PUT DELETE; create_full_put_path on; }
  }
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return address.port;
}
