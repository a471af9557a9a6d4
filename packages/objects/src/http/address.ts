import { isIP } from 'node:net';
import type { Target } from '../sigv4/uri.ts';

export interface Names {
  /** '' when the request names none. */
  readonly bucket: string;
  readonly key: string;
}

/**
 * Which bucket and key a request means. Virtual-hosted style: the Host is `<bucket>.<name>`, with
 * one of the names under which the store is reached, and all of the path is the key. Else path
 * style: the first segment is the bucket. Slashes and dots in keys mean nothing.
 */
export function namesOf(
  { path }: Target,
  host: string | undefined,
  domains: readonly string[],
): Names {
  const hosted = hostedBucket(host, domains);
  if (hosted !== null) return { bucket: hosted, key: path };
  const slash = path.indexOf('/');
  return slash < 0
    ? { bucket: path, key: '' }
    : { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
}

function hostedBucket(host: string | undefined, domains: readonly string[]): string | null {
  const name = host?.toLowerCase().replace(/:\d+$/, '') ?? '';
  const domain = domains.find((one) => name.endsWith(`.${one}`));
  return domain === undefined ? null : name.slice(0, -domain.length - 1);
}

/** Names below which buckets are looked for: that of the public URL, and this machine's own. */
export function bucketDomains(endpoint: string): readonly string[] {
  const { hostname } = new URL(endpoint);
  const isName = isIP(hostname.replace(/^\[|\]$/g, '')) === 0;
  return isName ? [hostname.toLowerCase(), 'localhost'] : ['localhost'];
}
