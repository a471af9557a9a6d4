import { checksumNames } from './checksum.ts';

/**
 * Any origin may call: every request carries its own signature, none relies on a cookie, so a
 * foreign page can do no more than anyone who knows a URL.
 */
export const corsHeaders: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': [
    'ETag',
    'Accept-Ranges',
    'Content-Range',
    'Content-Length',
    'Content-Encoding',
    'Content-Disposition',
    'Last-Modified',
    'Location',
    'Retry-After',
    'x-amz-request-id',
    ...checksumNames.map((name) => `x-amz-checksum-${name}`),
  ].join(', '),
};

/** The answer's headers to an OPTIONS request. A day is the longest that browsers remember. */
export function preflightHeaders(headers: ReadonlyMap<string, string>): Record<string, string> {
  const wanted = headers.get('access-control-request-headers');
  const network = headers.get('access-control-request-private-network');
  return {
    ...corsHeaders,
    'access-control-allow-methods': 'GET, HEAD, PUT, POST, DELETE',
    ...(wanted === undefined ? {} : { 'access-control-allow-headers': wanted }),
    ...(network === 'true' ? { 'access-control-allow-private-network': 'true' } : {}),
    'access-control-max-age': '86400',
    vary: 'Access-Control-Request-Headers',
  };
}
