/**
 * How to reach the S3 store, whichever it is. From configuration (`S3_*`), or for the embedded
 * store from its `credentials.json`.
 */
export interface StoreSettings {
  /** Base URL as this server reaches the store, e.g. `http://127.0.0.1:8421`. */
  readonly endpoint: string;
  /** Base URL as clients reach it, when that is another one. */
  readonly publicEndpoint?: string | null | undefined;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | null | undefined;
  /** `http://host/bucket/key` rather than `http://bucket.host/key`. */
  readonly forcePathStyle: boolean;
  /** `AES256`, `aws:kms` or `aws:kms:<key id>`: see encryption.ts. */
  readonly sse?: string | null | undefined;
  /** PEM text of the one certificate to accept from the store, whatever name it is for. */
  readonly trustedCertificate?: string | undefined;
}
