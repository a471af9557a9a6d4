import type { Origin } from '../settings/settings.ts';

/** The bucket on the network: whom to connect to, which host to name, what precedes a key's path. */
export interface OriginAddress {
  readonly isTls: boolean;
  readonly hostname: string;
  readonly port: number;
  /** As the `Host` header and the signature carry it. */
  readonly host: string;
  /** `/bucket` in path style, else empty; encoded. */
  readonly pathPrefix: string;
}

export function originAddress(origin: Origin): OriginAddress {
  const url = new URL(origin.endpoint);
  const isTls = url.protocol === 'https:';
  const bucket = encodeURIComponent(origin.bucket);
  const base = url.pathname.replace(/\/+$/, '');
  const prefix = (text: string) => (origin.forcePathStyle ? text : `${origin.bucket}.${text}`);
  return {
    isTls,
    hostname: prefix(url.hostname).replace(/^\[|\]$/g, ''),
    port: Number(url.port || (isTls ? 443 : 80)),
    host: prefix(url.host),
    pathPrefix: origin.forcePathStyle ? `${base}/${bucket}` : base,
  };
}
