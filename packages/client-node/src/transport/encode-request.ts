import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { TransportRequest } from '@valise/client';

/** An HTTP/1.1 request as bytes, head and body. */
export function encodeRequest(
  { method, headers = {}, body }: Pick<TransportRequest, 'method' | 'headers' | 'body'>,
  url: URL,
): Uint8Array {
  let head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (isOurs(name)) continue;
    validateHeaderName(name);
    validateHeaderValue(name, value);
    head += `${name}: ${value}\r\n`;
  }
  if (body === undefined) return Buffer.from(`${head}\r\n`, 'latin1');
  const content = typeof body === 'string' ? Buffer.from(body) : body;
  head += `content-length: ${content.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), content]);
}

/** Given twice, these would make two requests out of one. */
function isOurs(name: string): boolean {
  return /^(?:host|content-length)$/i.test(name);
}
