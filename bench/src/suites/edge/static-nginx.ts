import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '@valise/acceptance/harness/server';

export interface StaticNginx extends AsyncDisposable {
  readonly url: string;
}

/** nginx that serves a folder from its disk, tuned as the edge is. */
export async function startStaticNginx(folder: string): Promise<StaticNginx> {
  const [port] = await freePorts(1);
  const place = join(folder, 'static-nginx');
  await mkdir(place);
  // Its workers are somebody else when root starts it.
  await chmod(folder, 0o755);
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const config = `daemon off; worker_processes auto; pid ${place}/pid; error_log stderr warn;
events { worker_connections 1024; }
http {
  ${temps.map((name) => `${name}_temp_path ${place}/${name};`).join(' ')}
  access_log off; sendfile on; tcp_nopush on;
  server { listen 127.0.0.1:${port}; root ${folder}; }
}`;
  await writeFile(join(place, 'nginx.conf'), config);
  const child = spawn('nginx', ['-c', join(place, 'nginx.conf')], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(url).then(Boolean, () => false))) {
    if (child.exitCode !== null) throw new Error('nginx does not start.');
    await new Promise((done) => setTimeout(done, 20));
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
