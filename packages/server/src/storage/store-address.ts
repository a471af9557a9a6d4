import { encodePath } from './sigv4.ts';
import type { StoreSettings } from './store-settings.ts';

/** Where a bucket's keys stand on the network: path style or virtual-hosted. */
export interface StoreAddress {
  readonly protocol: 'http:' | 'https:';
  /** As the `Host` header carries it: with the port unless it is the scheme's own. */
  readonly host: string;
  /** `https://host`, to put in front of a path. */
  readonly origin: string;
  /** The encoded path of a key; of the bucket itself for the empty key. */
  pathOf(key: string): string;
}

export function storeAddress(endpoint: string, settings: StoreSettings): StoreAddress {
  const url = new URL(endpoint);
  const protocol = url.protocol === 'https:' ? 'https:' : 'http:';
  const host = settings.forcePathStyle ? url.host : `${settings.bucket}.${url.host}`;
  const base = url.pathname.replace(/\/+$/, '');
  const prefix = settings.forcePathStyle ? `${base}/${encodePath(settings.bucket)}` : base;
  return {
    protocol,
    host,
    origin: `${protocol}//${host}`,
    pathOf: (key) =>
      key === '' && settings.forcePathStyle ? prefix : `${prefix}/${encodePath(key)}`,
  };
}
