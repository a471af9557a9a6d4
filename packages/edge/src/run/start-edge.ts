import { join } from 'node:path';
import type { ConfigInput } from '../nginx/render-config.ts';
import { writeFiles, writeOriginServers } from '../nginx/write-files.ts';
import type { EdgeSettings } from '../settings/settings.ts';
import { embeddedOrigin } from './embedded-origin.ts';
import { type NginxProcess, startNginx } from './nginx-process.ts';
import { originAddress } from './origin-address.ts';
import { resolveOrigin } from './resolve-origin.ts';
import { prepareCache, workerAccount } from './worker-account.ts';

const SYSTEM_CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
/** nginx looks a name up once, when it starts; stores move. */
const LOOK_UP_MS = 30_000;

/** Writes the configuration and runs nginx on it until it is stopped. */
export async function startEdge(settings: EdgeSettings): Promise<NginxProcess> {
  const origin = settings.origin ?? (await embeddedOrigin(settings.data));
  const address = originAddress(origin);
  const account = await workerAccount();
  const folder = join(
    settings.data,
    'edge',
    settings.url.port || settings.url.protocol.slice(0, -1),
  );
  const cacheFolder =
    settings.cache.folder ?? (account === null ? join(folder, 'cache') : '/var/cache/valise-edge');
  const servers = await resolveOrigin(address.hostname);
  const input: ConfigInput = {
    settings,
    folder,
    cacheFolder,
    address,
    workerUser: account?.name ?? null,
    trustedCertificates:
      settings.origin === null && settings.tls !== null
        ? settings.tls.certPath
        : SYSTEM_CERTIFICATES,
  };
  await prepareCache(cacheFolder, account);
  await writeFiles(input, { origin, servers });
  const nginx = await startNginx(join(folder, 'nginx.conf'));
  followOrigin(input, servers, nginx);
  return nginx;
}

/** Reloads nginx whenever the origin's name gets other addresses. */
function followOrigin(input: ConfigInput, first: readonly string[], nginx: NginxProcess): void {
  let current = first.join();
  const timer = setInterval(async () => {
    try {
      const servers = await resolveOrigin(input.address.hostname);
      if (servers.join() === current) return;
      await writeOriginServers(input.folder, input.address, servers);
      current = servers.join();
      nginx.reload();
    } catch (error) {
      // The old addresses serve until the name can be looked up again.
      process.stderr.write(`The origin's name can't be looked up: ${String(error)}\n`);
    }
  }, LOOK_UP_MS);
  nginx.ended.finally(() => clearInterval(timer));
}
