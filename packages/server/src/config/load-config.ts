import { hkdfSync } from 'node:crypto';
import { findFreePort } from '../run/free-port.ts';
import { baseUrl, ownAddress } from './base-url.ts';
import type { Config, ParsedConfig } from './config.ts';
import { findDataFolder, openDataFolder, readOrMakeSecret } from './data-folder.ts';
import { type Environment, parseConfig } from './parse-config.ts';

/**
 * From variables to the finished configuration: opens the data folder (making it at the first
 * start), takes the secret from it where none was given, and settles on a port where any will do.
 */
export async function loadConfig(environment: Environment): Promise<Config> {
  const parsed = parseConfig(environment);
  const data = await openDataFolder(parsed.data);
  const jwtSecret = parsed.jwtSecret ?? (await readOrMakeSecret(data));
  const place = { ...parsed, ...(await settlePort(parsed)) };
  const secret = parsed.events.secret ?? eventsSecret(jwtSecret);
  const events = parsed.objects.events ?? { url: `${ownUrl(place)}/events/s3`, secret };
  return Object.freeze({
    ...place,
    data,
    jwtSecret,
    events: { ...parsed.events, secret },
    objects: { ...parsed.objects, events },
  });
}

/** How the embedded store reaches us: a certificate is made out to the public name. */
function ownUrl({ tls, host, port, url }: Pick<ParsedConfig, 'tls' | 'host' | 'port' | 'url'>) {
  return tls === null ? baseUrl(false, ownAddress(host), port) : url;
}

/** Servers that work together make the same of their common secret. */
function eventsSecret(jwtSecret: Uint8Array): string {
  return Buffer.from(hkdfSync('sha256', jwtSecret, '', 'valise store events v1', 32)).toString(
    'hex',
  );
}

/**
 * The configuration of a server beside us, for those who look after it: nothing is made. Where the
 * database and the store are elsewhere the data folder may be missing.
 */
export async function inspectConfig(environment: Environment): Promise<ParsedConfig> {
  const parsed = parseConfig(environment);
  const needsFolder = 'embedded' in parsed.database || parsed.s3 === null;
  const data = needsFolder ? await findDataFolder(parsed.data) : parsed.data;
  return Object.freeze({ ...parsed, data });
}

/** Everyone is told the URL from the start, so the port must be known before anyone listens. */
async function settlePort(parsed: ParsedConfig): Promise<Pick<Config, 'port' | 'url'>> {
  if (parsed.port !== 0) return { port: parsed.port, url: parsed.url };
  const port = await findFreePort(parsed.host);
  const made = baseUrl(parsed.tls !== null, parsed.host, 0);
  const url = parsed.url === made ? baseUrl(parsed.tls !== null, parsed.host, port) : parsed.url;
  return { port, url };
}
