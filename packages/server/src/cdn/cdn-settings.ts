/** Who serves downloads, and what links for it are signed with. */
export type CdnSettings = { readonly driver: 'store' } | SignedCdn;

export interface SignedCdn {
  readonly driver: 'edge' | 'cloudfront';
  /** Where readers reach it, without a trailing slash. */
  readonly url: string;
  /** Names the key, so that several may be in use while one replaces another. */
  readonly keyId: string;
  /** `edge`: the shared secret. `cloudfront`: the private key as PEM. */
  readonly key: string;
  /** Whether a link serves only the address that asked for it. */
  readonly bindAddress: boolean;
  /** Where each edge is told what is gone for good. */
  readonly purgeUrls: readonly string[];
  /** The domain that API and CDN share, for cookies that open many files; null: none are made. */
  readonly cookieDomain: string | null;
}
