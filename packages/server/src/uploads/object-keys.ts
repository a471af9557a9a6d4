import type { Ambient } from '../run/ambient.ts';

/**
 * Keys for the contents of one batch: `v1/<3 random hex>/<random uuid>/<nnn>`. The leading digits
 * spread load over the store's partitions, the shared prefix lets one listing verify a batch,
 * and nothing in it tells whose file it is. Numbers of one length let a pattern name a batch and
 * nothing else.
 */
export function batchKeys(ambient: Ambient): (n: number) => string {
  const hex = Buffer.from(ambient.randomBytes(18)).toString('hex');
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  const prefix = `v1/${hex.slice(32, 35)}/${uuid}`;
  return (n) => `${prefix}/${String(n).padStart(3, '0')}`;
}

/** What all keys of the batch begin with. */
export function batchPrefix(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

const OBJECT_KEY =
  /^v1\/[0-9a-f]{3}\/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}\/\d{1,9}$/;

/** Whether it is a key of ours by its looks. */
export function isObjectKey(key: string): boolean {
  return OBJECT_KEY.test(key);
}
