import { createHash, randomBytes } from 'node:crypto';
import type { BodyDigests } from '../http/request-body.ts';

const MD5 = /^[0-9a-f]{32}$/;

/**
 * Without quotes. The MD5 where it is known (small bodies, and whoever sent Content-MD5); otherwise
 * opaque, in the form of a multipart ETag, which no client takes for an MD5.
 */
export function contentEtag({ md5, checksums }: BodyDigests): string {
  if (md5 !== null) return Buffer.from(md5, 'base64').toString('hex');
  const { sha256 } = checksums;
  const bytes = sha256 === undefined ? randomBytes(16) : Buffer.from(sha256, 'base64');
  return `${bytes.toString('hex', 0, 16)}-1`;
}

/** S3's own rule where every part's ETag is an MD5, a like one of the ETags' text elsewhere. */
export function multipartEtag(parts: readonly string[]): string {
  const hash = createHash('md5');
  const allMd5 = parts.every((etag) => MD5.test(etag));
  for (const etag of parts) hash.update(etag, allMd5 ? 'hex' : 'utf8');
  return `${hash.digest('hex')}-${parts.length}`;
}
