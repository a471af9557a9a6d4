import { randomBytes } from 'node:crypto';

/** Where a server tries out what its store can do, at the start. */
export const SELF_TEST_PREFIX = 'selftest/';

/**
 * Where `valise doctor` puts its objects: keys of the form that edges serve. Files' keys have a 4 as
 * the third group's first digit, so none of theirs begins so.
 */
export const DOCTOR_PREFIX = 'v1/d0c/00000000-0000-0000-';

/** Where an object is put to see whether its event arrives. */
export const EVENT_PROBE_PREFIX = 'probe/events/';

/** All places of objects that are there to try something out, and are nobody's content. */
export const PROBE_PREFIXES = [SELF_TEST_PREFIX, DOCTOR_PREFIX, EVENT_PROBE_PREFIX] as const;

export function isProbe(key: string): boolean {
  return PROBE_PREFIXES.some((prefix) => key.startsWith(prefix));
}

/** Fresh keys for one run of the doctor, by number. */
export function doctorKeys(): (n: number) => string {
  const hex = randomBytes(8).toString('hex');
  return (n) => `${DOCTOR_PREFIX}${hex.slice(0, 4)}-${hex.slice(4)}/${n}`;
}
