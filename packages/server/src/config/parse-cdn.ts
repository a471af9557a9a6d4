import { createPrivateKey } from 'node:crypto';
import type { CdnSettings } from '../cdn/cdn-settings.ts';
import type { Values } from './variables.ts';

const SHORTEST_SECRET = 32;
const COOKIES_NEED = 'CDN_COOKIE_DOMAIN needs CDN=cloudfront: other drivers have links alone.';

/** Adds a sentence to `faults` for each thing that is missing or can't work. */
export function cdnOf(values: Values, faults: string[]): CdnSettings {
  const driver = values.cdn;
  // A faulty value is absent.
  if (driver !== 'edge' && driver !== 'cloudfront') {
    if (values.cdnBindAddress) {
      faults.push('CDN_BIND_ADDRESS needs CDN=edge or CDN=cloudfront: a store binds no addresses.');
    }
    if (values.cdnCookieDomain !== undefined) faults.push(COOKIES_NEED);
    return { driver: 'store' };
  }
  const keyId = values.cdnKeyId ?? (driver === 'edge' ? 'main' : undefined);
  const missing = [
    ['CDN_URL', values.cdnUrl],
    ['CDN_KEY_ID', keyId],
    ['CDN_KEY', values.cdnKey],
  ].flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (missing.length > 0) faults.push(`With CDN=${driver}, ${missing.join(', ')} must be set too.`);
  const { cdnUrl = '', cdnKey } = values;
  if (cdnUrl !== '' && URL.parse(cdnUrl)?.pathname !== '/') {
    faults.push('CDN_URL must have no path.');
  }
  if (cdnKey !== undefined) checkKey(driver, cdnKey, faults);
  if (driver === 'edge' && keyId !== undefined && !/^[\w-]{1,64}$/.test(keyId)) {
    faults.push('CDN_KEY_ID consists of letters, digits, - and _.');
  }
  return {
    driver,
    url: cdnUrl,
    keyId: keyId ?? '',
    key: cdnKey ?? '',
    bindAddress: values.cdnBindAddress,
    purgeUrls: values.cdnPurgeUrls ?? [cdnUrl],
    cookieDomain: cookieDomainOf(values, faults),
  };
}

function checkKey(driver: 'edge' | 'cloudfront', key: string, faults: string[]): void {
  if (driver === 'edge') {
    if (key.length >= SHORTEST_SECRET) return;
    faults.push(`CDN_KEY must have at least ${SHORTEST_SECRET} characters.`);
    return;
  }
  try {
    if (createPrivateKey(key).asymmetricKeyType === 'rsa') return;
  } catch {
    // Said below: what is wrong with a key must not quote it.
  }
  faults.push('CDN_KEY must be an RSA private key as PEM (line breaks may be written as \\n).');
}

/** Cookies reach the CDN only if the API may set them for it, and encrypted. */
function cookieDomainOf(
  { cdn, cdnCookieDomain: domain, cdnUrl = '', url = '' }: Values,
  faults: string[],
): string | null {
  if (domain === undefined) return null;
  if (cdn !== 'cloudfront') {
    faults.push(COOKIES_NEED);
    return null;
  }
  const isWithin = (address: string) => {
    const { protocol, hostname } = URL.parse(address) ?? { protocol: '', hostname: '' };
    return protocol === 'https:' && `.${hostname}`.endsWith(`.${domain}`);
  };
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/.test(domain)) {
    faults.push('CDN_COOKIE_DOMAIN must be a domain name such as example.org.');
  } else if (!isWithin(cdnUrl) || !isWithin(url)) {
    faults.push(
      `With CDN_COOKIE_DOMAIN, VALISE_URL and CDN_URL must be https addresses within ${domain}.`,
    );
  }
  return domain;
}
