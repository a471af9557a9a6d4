import type { CorsRule } from '../s3/cors-configuration.ts';
import { S3Error } from '../s3/s3-error.ts';
import { checksumNames } from './checksum.ts';

type Headers = ReadonlyMap<string, string>;

/** What S3 answers that a page may want to read. */
const exposed = [
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
  'x-amz-mp-parts-count',
  'x-amz-checksum-type',
  ...checksumNames.map((name) => `x-amz-checksum-${name}`),
].join(', ');

/**
 * Without rules any origin may call: every request carries its own signature, none relies on a
 * cookie, so a foreign page can do no more than anyone who knows a URL.
 */
const openHeaders: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': exposed,
};

/** For the answer to a request: nothing when no rule lets its origin read it. */
export function corsHeaders(
  rules: readonly CorsRule[] | null,
  headers: Headers,
  method: string,
): Readonly<Record<string, string>> {
  if (rules === null) return openHeaders;
  const origin = headers.get('origin');
  const rule = origin === undefined ? undefined : findRule(rules, { origin, method, wanted: [] });
  if (!rule || origin === undefined) return { vary: 'Origin' };
  return {
    ...originHeaders(rule, origin),
    ...(rule.exposed.length ? { 'access-control-expose-headers': rule.exposed.join(', ') } : {}),
  };
}

/** The answer's headers to an OPTIONS request. Throws AccessForbidden where no rule allows it. */
export function preflightHeaders(
  rules: readonly CorsRule[] | null,
  headers: Headers,
): Record<string, string> {
  const wanted = headers.get('access-control-request-headers');
  const network = headers.get('access-control-request-private-network');
  const common = {
    ...(wanted === undefined ? {} : { 'access-control-allow-headers': wanted }),
    ...(network === 'true' ? { 'access-control-allow-private-network': 'true' } : {}),
  };
  if (rules === null) {
    return {
      ...openHeaders,
      ...common,
      'access-control-allow-methods': 'GET, HEAD, PUT, POST, DELETE',
      // A day is the longest that browsers remember.
      'access-control-max-age': '86400',
      vary: 'Access-Control-Request-Headers',
    };
  }
  const origin = headers.get('origin') ?? '';
  const method = headers.get('access-control-request-method') ?? '';
  const names = wanted?.split(',').map((name) => name.trim()) ?? [];
  const rule = findRule(rules, { origin, method, wanted: names });
  if (!rule) throw new S3Error('AccessForbidden');
  return {
    ...originHeaders(rule, origin),
    ...common,
    'access-control-allow-methods': rule.methods.join(', '),
    ...(rule.maxAge === null ? {} : { 'access-control-max-age': String(rule.maxAge) }),
    vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  };
}

function originHeaders(rule: CorsRule, origin: string): Record<string, string> {
  const any = rule.origins.includes('*');
  return { 'access-control-allow-origin': any ? '*' : origin, vary: 'Origin' };
}

function findRule(
  rules: readonly CorsRule[],
  call: { origin: string; method: string; wanted: readonly string[] },
): CorsRule | undefined {
  return rules.find(
    (rule) =>
      rule.methods.includes(call.method) &&
      rule.origins.some((pattern) => matches(pattern, call.origin)) &&
      call.wanted.every((name) =>
        rule.headers.some((pattern) => matches(pattern.toLowerCase(), name.toLowerCase())),
      ),
  );
}

/** One * stands for any text. */
function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === text;
  const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)];
  const long = text.length >= start.length + end.length;
  return long && text.startsWith(start) && text.endsWith(end);
}
