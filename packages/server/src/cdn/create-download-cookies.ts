import type { CdnSettings } from './cdn-settings.ts';
import { createCloudfrontDownloadCookies } from './cloudfront-download-cookies.ts';
import type { DownloadCookies } from './download-cookies.ts';

/** null where the driver has none, or no domain was named that both sides share. */
export function createDownloadCookies(cdn: CdnSettings, now: () => Date): DownloadCookies | null {
  if (cdn.driver !== 'cloudfront' || cdn.cookieDomain === null) return null;
  return createCloudfrontDownloadCookies({ ...cdn, cookieDomain: cdn.cookieDomain }, now);
}
