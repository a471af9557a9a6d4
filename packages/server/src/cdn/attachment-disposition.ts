import { encodeValue } from '../storage/sigv4.ts';

/**
 * `Content-Disposition` after RFC 6266: always an attachment (a browser must not run what people
 * upload), with an ASCII name for old readers and the true one in RFC 5987 form.
 */
export function attachmentDisposition(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]/gu, '_').replace(/["\\%]/g, '_');
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeValue(name)}`;
}
