import { createHmac } from 'node:crypto';
import { encodeValue } from '../storage/sigv4.ts';
import type { SignedCdn } from './cdn-settings.ts';
import { type DownloadSigner, expiryOf } from './download-signer.ts';

/**
 * The `edge` driver: links for our own nginx. Name, type, size, whether it is stored compressed,
 * expiry, key id and, if asked for, the reader's address stand in the query in this order, and the HMAC-SHA256 over the request target
 * up to `&s=` behind them. The edge verifies the target as it arrives (`packages/edge`).
 */
export function createEdgeDownloadSigner(cdn: SignedCdn, now: () => Date): DownloadSigner {
  return {
    sign({ key, name, mimeType, size, contentEncoding = null, address }) {
      const expiresAt = expiryOf(now());
      const query = [
        `n=${encodeValue(name)}`,
        `t=${encodeValue(mimeType)}`,
        `z=${size}`,
        ...(contentEncoding === null ? [] : ['g=1']),
        `e=${expiresAt.getTime() / 1000}`,
        `k=${cdn.keyId}`,
      ];
      if (cdn.bindAddress && address !== undefined) query.push(`i=${encodeValue(address)}`);
      const target = `/${key}?${query.join('&')}`;
      const signature = createHmac('sha256', cdn.key).update(target).digest('hex');
      return { url: `${cdn.url}${target}&s=${signature}`, expiresAt };
    },
  };
}
