import { getSignedCookies } from '@aws-sdk/cloudfront-signer';
import type { SignedCdn } from './cdn-settings.ts';
import { policyText } from './cloudfront-policy.ts';
import type { DownloadCookies } from './download-cookies.ts';
import { DOWNLOAD_URL_SECONDS, expiryOf } from './download-signer.ts';

const KEY_IN_BATCH = /\/\d{3}$/;

/**
 * CloudFront's signed cookies, one policy for a batch: `…/<batch>/???`. Three characters are just what
 * the numbers in a batch have, too few for a query (which could turn what is saved into a page) or a
 * way out of the folder. The path keeps cookies of several batches apart; only requests that begin
 * on the same site carry them.
 */
export function createCloudfrontDownloadCookies(
  cdn: SignedCdn & { readonly cookieDomain: string },
  now: () => Date,
): DownloadCookies {
  const pair = { keyPairId: cdn.keyId, privateKey: cdn.key };
  return {
    covers: (key) => KEY_IN_BATCH.test(key),
    urlOf: (key) => `${cdn.url}/${key}`,
    sign(prefix, { address }) {
      const expiresAt = expiryOf(now());
      const policy = policyText({
        resource: `${cdn.url}/${prefix}???`,
        expiresAt,
        address: cdn.bindAddress ? address : undefined,
      });
      const attributes = `Domain=${cdn.cookieDomain}; Path=/${prefix.replace(/\/$/, '')}; Max-Age=${DOWNLOAD_URL_SECONDS}; Secure; HttpOnly; SameSite=Strict`;
      const headers = Object.entries(getSignedCookies({ ...pair, policy })).map(
        ([name, value]) => `${name}=${value}; ${attributes}`,
      );
      return { headers, expiresAt };
    },
  };
}
