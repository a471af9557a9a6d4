import { createSigV4, UNSIGNED_PAYLOAD } from '../storage/sigv4.ts';
import { storeAddress } from '../storage/store-address.ts';
import type { StoreSettings } from '../storage/store-settings.ts';
import { attachmentDisposition } from './attachment-disposition.ts';
import { DOWNLOAD_URL_SECONDS, type DownloadSigner, expiryOf } from './download-signer.ts';

/** Keys are written once, so what a URL serves may be kept for ever by whoever could read it. */
const IMMUTABLE = 'private, max-age=31536000, immutable';

/** The `store` driver: presigned GETs straight at the object store. */
export function createStoreDownloadSigner(
  settings: StoreSettings,
  now: () => Date,
): DownloadSigner {
  const address = storeAddress(settings.publicEndpoint ?? settings.endpoint, settings);
  const sigv4 = createSigV4(settings, settings.region);
  return {
    sign({ key, name, mimeType }) {
      const at = now();
      const path = address.pathOf(key);
      const query = sigv4.presign(
        {
          method: 'GET',
          host: address.host,
          path,
          query: {
            'response-cache-control': IMMUTABLE,
            'response-content-disposition': attachmentDisposition(name),
            'response-content-type': mimeType,
          },
          payloadHash: UNSIGNED_PAYLOAD,
        },
        { now: at, expiresSeconds: DOWNLOAD_URL_SECONDS },
      );
      return {
        url: `${address.origin}${path}?${query}`,
        expiresAt: expiryOf(at),
      };
    },
  };
}
