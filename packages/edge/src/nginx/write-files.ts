import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OriginAddress } from '../run/origin-address.ts';
import type { Origin } from '../settings/settings.ts';
import { type ConfigInput, renderConfig, SLICE_BYTES } from './render-config.ts';

/** Presigned for so long, because all slices of one download share the query of its first. */
const ORIGIN_URL_SECONDS = 7 * 24 * 3600;
/** Temporary credentials end sooner than any URL made with them. */
const SESSION_URL_SECONDS = 3600;

/** Everything nginx reads, into `input.folder`, for the eyes of the starting account alone. */
export async function writeFiles(
  input: ConfigInput,
  { origin, servers }: { readonly origin: Origin; readonly servers: readonly string[] },
): Promise<void> {
  await mkdir(input.folder, { recursive: true, mode: 0o700 });
  const put = (name: string, text: string) =>
    writeFile(join(input.folder, name), text, { mode: 0o600 });
  await copyFile(join(import.meta.dirname, 'edge.js'), join(input.folder, 'edge.js'));
  await put('settings.js', renderSettings(input, origin));
  await writeOriginServers(input.folder, input.address, servers);
  await put('nginx.conf', renderConfig(input));
}

/** The one file that changes while nginx runs: the addresses behind the origin's name. */
export async function writeOriginServers(
  folder: string,
  { port }: OriginAddress,
  servers: readonly string[],
): Promise<void> {
  const lines = servers.map((one) => `  server ${one.includes(':') ? `[${one}]` : one}:${port};`);
  await writeFile(
    join(folder, 'origin.conf'),
    `upstream origin {\n${lines.join('\n')}\n  keepalive 64;\n  keepalive_requests 10000;\n}\n`,
    { mode: 0o600 },
  );
}

/** What `edge.js` imports: the secrets, and what it must know of configuration. */
function renderSettings({ settings, address, cacheFolder }: ConfigInput, origin: Origin): string {
  return `export default ${JSON.stringify({
    keys: settings.keys,
    cacheFolder: join(cacheFolder, 'objects'),
    sliceBytes: SLICE_BYTES,
    origin: {
      host: address.host,
      pathPrefix: address.pathPrefix,
      region: origin.region,
      accessKeyId: origin.accessKeyId,
      secretAccessKey: origin.secretAccessKey,
      sessionToken: origin.sessionToken,
      urlSeconds: origin.sessionToken === null ? ORIGIN_URL_SECONDS : SESSION_URL_SECONDS,
    },
  })};\n`;
}
