import { encryptionHeaders } from './encryption.ts';
import { createSigV4, UNSIGNED_PAYLOAD } from './sigv4.ts';
import { storeAddress } from './store-address.ts';
import type { StoreSettings } from './store-settings.ts';
import type { PinningMode, SignedRequest, UploadSigner } from './upload-signer.ts';

/** Long enough for a part on a slow line, short enough that a leaked URL is soon worthless. */
const UPLOAD_URL_SECONDS = 15 * 60;

interface SignerOptions {
  readonly pinning: PinningMode;
  readonly now: () => Date;
  /** The base URL to sign for; by default the one that clients use. */
  readonly endpoint?: string;
}

/** Presigned PUTs. `content-length` is signed, so a body of another size is refused. */
export function createUploadSigner(settings: StoreSettings, options: SignerOptions): UploadSigner {
  const address = storeAddress(
    options.endpoint ?? settings.publicEndpoint ?? settings.endpoint,
    settings,
  );
  const sigv4 = createSigV4(settings, settings.region);

  function sign(request: {
    readonly key: string;
    readonly size: number;
    readonly sha256: string | undefined;
    readonly headers: Readonly<Record<string, string>>;
    readonly query: Readonly<Record<string, string>>;
  }): SignedRequest {
    const now = options.now();
    const headers = { ...request.headers, ...pinHeaders(options.pinning, request.sha256) };
    const path = address.pathOf(request.key);
    const query = sigv4.presign(
      {
        method: 'PUT',
        host: address.host,
        path,
        query: request.query,
        headers: { ...headers, 'content-length': String(request.size) },
        payloadHash: headers['x-amz-content-sha256'] ?? UNSIGNED_PAYLOAD,
      },
      { now, expiresSeconds: UPLOAD_URL_SECONDS },
    );
    return {
      method: 'PUT',
      url: `${address.origin}${path}?${query}`,
      headers,
      expiresAt: new Date(Math.floor(now.getTime() / 1000 + UPLOAD_URL_SECONDS) * 1000),
    };
  }

  return {
    putObject: ({ key, size, sha256, mimeType, contentEncoding = null }) =>
      sign({
        key,
        size,
        sha256,
        query: {},
        headers: {
          'content-type': mimeType,
          ...(contentEncoding === null ? {} : { 'content-encoding': contentEncoding }),
          'if-none-match': '*',
          ...encryptionHeaders(settings),
        },
      }),
    putPart: ({ key, size, sha256, storeUploadId, partNumber }) =>
      sign({
        key,
        size,
        sha256,
        query: { partNumber: String(partNumber), uploadId: storeUploadId },
        headers: {},
      }),
  };
}

function pinHeaders(mode: PinningMode, sha256: string | undefined): Record<string, string> {
  if (sha256 === undefined) return {};
  switch (mode) {
    case 'sha256-checksum':
      return { 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') };
    case 'content-sha256':
      return { 'x-amz-content-sha256': sha256 };
    case 'none':
      return {};
  }
}
