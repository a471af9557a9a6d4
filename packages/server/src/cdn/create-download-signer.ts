import type { StoreSettings } from '../storage/store-settings.ts';
import type { CdnSettings } from './cdn-settings.ts';
import { createCloudfrontDownloadSigner } from './cloudfront-download-signer.ts';
import type { DownloadSigner } from './download-signer.ts';
import { createEdgeDownloadSigner } from './edge-download-signer.ts';
import { createStoreDownloadSigner } from './store-download-signer.ts';

export function createDownloadSigner(
  cdn: CdnSettings,
  store: StoreSettings,
  now: () => Date,
): DownloadSigner {
  switch (cdn.driver) {
    case 'store':
      return createStoreDownloadSigner(store, now);
    case 'edge':
      return createEdgeDownloadSigner(cdn, now);
    case 'cloudfront':
      return createCloudfrontDownloadSigner(cdn, now);
  }
}
