/** Cookies that open all objects of some batches for one browser. */
export interface SignedCookies {
  /** Whole `Set-Cookie` headers. */
  readonly headers: readonly string[];
  readonly expiresAt: Date;
}

/**
 * Makes cookies that stand for many signed links: one signature for a batch (`batchPrefix`) instead of
 * one for each file. A cookie's holder may read everything that it covers, so whoever asks for one
 * has made sure that the reader may.
 */
export interface DownloadCookies {
  /** Whether an object with this key is among what a cookie of its batch covers. */
  covers(key: string): boolean;
  /** Of one batch, whose keys begin with `prefix`. */
  sign(prefix: string, options: { readonly address?: string | undefined }): SignedCookies;
  /** Where a holder of its batch's cookies reads an object; the stored name and type are not in it. */
  urlOf(key: string): string;
}
