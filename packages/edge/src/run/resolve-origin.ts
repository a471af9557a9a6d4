import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** All addresses behind a name, in a steady order. Throws when there are none. */
export async function resolveOrigin(hostname: string): Promise<readonly string[]> {
  if (isIP(hostname) !== 0) return [hostname];
  const found = await lookup(hostname, { all: true });
  return [...new Set(found.map((one) => one.address))].sort();
}
