import { fileURLToPath } from 'node:url';
import type { StoreSettings } from '../storage/store-settings.ts';
import type { SignedCdn } from './cdn-settings.ts';
import { nginxPlace, startUntil } from './test-nginx.ts';

export const EDGE_SECRET = 'an edge and its servers share this';

export interface TestEdge {
  readonly cdn: SignedCdn;
  readonly port: number;
  /** The cache's folder. */
  readonly cache: string;
  close(): Promise<void>;
}

/** The real edge as `npm run edge` starts it, in front of a store. */
export async function startTestEdge(
  store: StoreSettings,
  env: Readonly<Record<string, string>> = {},
): Promise<TestEdge> {
  const place = await nginxPlace();
  const url = `http://127.0.0.1:${place.port}`;
  const main = fileURLToPath(import.meta.resolve('@valise/edge/main'));
  const cache = `${place.folder}/cache`;
  const edge = await startUntil([process.execPath, main], {
    url: `${url}/healthz`,
    env: {
      VALISE_DATA: place.folder,
      VALISE_EDGE_CACHE: cache,
      CDN_URL: url,
      CDN_KEY: EDGE_SECRET,
      S3_ENDPOINT: store.endpoint,
      S3_BUCKET: store.bucket,
      S3_REGION: store.region,
      S3_ACCESS_KEY_ID: store.accessKeyId,
      S3_SECRET_ACCESS_KEY: store.secretAccessKey,
      ...env,
    },
  });
  return {
    cdn: {
      driver: 'edge',
      url,
      keyId: 'main',
      key: EDGE_SECRET,
      bindAddress: false,
      purgeUrls: [url],
      cookieDomain: null,
    },
    port: place.port,
    cache,
    async close() {
      await edge.stop();
      await place.remove();
    },
  };
}
