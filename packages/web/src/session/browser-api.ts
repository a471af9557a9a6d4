import { type ApiClient, createApiClient } from '@valise/client';
import { browserAmbient } from '../platform/browser-ambient.ts';
import { browserTransport } from '../platform/browser-transport.ts';
import { readIdentity, writeIdentity } from './identity.ts';
import { memoryTokenStore } from './memory-token-store.ts';

/** The page's own API client: the server is whoever served the page. */
export const api: ApiClient = createApiClient({
  server: location.origin,
  transport: browserTransport(),
  ambient: browserAmbient,
  refreshTokenIn: 'cookie',
  tokens: memoryTokenStore({
    server: location.origin,
    identity: readIdentity,
    keep: writeIdentity,
  }),
});

/** What this login is called in the list of devices: `Chrome on Linux`. */
export function browserName(agent: string = navigator.userAgent): string {
  const browser =
    [
      ['Edg/', 'Edge'],
      ['OPR/', 'Opera'],
      ['Firefox/', 'Firefox'],
      ['Chrome/', 'Chrome'],
      ['Safari/', 'Safari'],
    ].find(([mark = '']) => agent.includes(mark))?.[1] ?? 'Web browser';
  const system = [
    ['Android', 'Android'],
    ['iPhone', 'iPhone'],
    ['iPad', 'iPad'],
    ['Windows', 'Windows'],
    ['Mac OS X', 'Mac'],
    ['Linux', 'Linux'],
  ].find(([mark = '']) => agent.includes(mark))?.[1];
  return system === undefined ? browser : `${browser} on ${system}`;
}
