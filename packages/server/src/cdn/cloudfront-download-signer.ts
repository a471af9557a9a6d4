import { getSignedUrl } from '@aws-sdk/cloudfront-signer';
import { encodePath, encodeQuery } from '../storage/sigv4.ts';
import { attachmentDisposition } from './attachment-disposition.ts';
import type { SignedCdn } from './cdn-settings.ts';
import { policyText } from './cloudfront-policy.ts';
import { type DownloadSigner, expiryOf } from './download-signer.ts';

/**
 * The `cloudfront` driver: CloudFront's signed URLs, with a canned policy, or a custom one where
 * they are bound to an address. Name and type travel as `response-*` parameters, which are part of
 * what is signed; the distribution has to pass them on to the bucket (docs/cdn.md).
 */
export function createCloudfrontDownloadSigner(cdn: SignedCdn, now: () => Date): DownloadSigner {
  const pair = { keyPairId: cdn.keyId, privateKey: cdn.key };
  return {
    sign({ key, name, mimeType, address }) {
      const expiresAt = expiryOf(now());
      const query = encodeQuery({
        'response-content-disposition': attachmentDisposition(name),
        'response-content-type': mimeType,
      });
      const url = `${cdn.url}/${encodePath(key)}?${query}`;
      if (!cdn.bindAddress || address === undefined) {
        return {
          url: getSignedUrl({ ...pair, url, dateLessThan: expiresAt.toISOString() }),
          expiresAt,
        };
      }
      const policy = policyText({ resource: url, expiresAt, address });
      return { url: getSignedUrl({ ...pair, url, policy }), expiresAt };
    },
  };
}
