import { type ProbeAnswer, probe } from './probe-request.ts';

/** What a page wants to send. */
export interface PageRequest {
  readonly url: string;
  /** Of the page. */
  readonly origin: string;
  readonly method: 'PUT' | 'GET';
  readonly headers: Readonly<Record<string, string>>;
}

/** Headers that a page may send without asking. */
const FREE = new Set(['accept', 'accept-language', 'content-language', 'range']);

/**
 * Asks as a browser does before it sends: null when the page may, else what stands in the way.
 * Source: Fetch Standard, CORS-preflight fetch.
 */
export async function preflight(request: PageRequest): Promise<string | null> {
  const { url, origin, method, headers } = request;
  const asked = Object.keys(headers)
    .map((name) => name.toLowerCase())
    .filter((name) => !FREE.has(name))
    .sort();
  const answer = await probe(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      ...(asked.length === 0 ? {} : { 'access-control-request-headers': asked.join(',') }),
    },
  });
  if (answer.status < 200 || answer.status > 299) return `the preflight answers ${answer.status}`;
  const mayNot = refusal(answer, origin);
  if (mayNot !== null) return mayNot;
  const methods = listOf(answer, 'access-control-allow-methods');
  if (!methods.has(method.toLowerCase()) && !methods.has('*')) return `${method} is not allowed`;
  const allowed = listOf(answer, 'access-control-allow-headers');
  const missing = asked.filter((name) => !allowed.has(name) && !allowed.has('*'));
  return missing.length === 0 ? null : `the headers ${missing.join(', ')} are not allowed`;
}

/** Whether a page of that origin may read an answer, and these headers of it; null, or why not. */
export function unreadable(
  answer: ProbeAnswer,
  origin: string,
  needed: readonly string[],
): string | null {
  const mayNot = refusal(answer, origin);
  if (mayNot !== null) return mayNot;
  const exposed = listOf(answer, 'access-control-expose-headers');
  const hidden = needed.filter((name) => !exposed.has(name.toLowerCase()) && !exposed.has('*'));
  return hidden.length === 0 ? null : `the page may not read ${hidden.join(', ')}`;
}

function refusal(answer: ProbeAnswer, origin: string): string | null {
  const allowed = answer.headers['access-control-allow-origin'];
  if (allowed === '*' || allowed === origin) return null;
  return allowed === undefined ? 'no origin is allowed' : `only ${allowed} is allowed`;
}

function listOf(answer: ProbeAnswer, name: string): ReadonlySet<string> {
  const value = answer.headers[name];
  const text = Array.isArray(value) ? value.join(',') : (value ?? '');
  return new Set(
    String(text)
      .split(',')
      .map((one) => one.trim().toLowerCase()),
  );
}
