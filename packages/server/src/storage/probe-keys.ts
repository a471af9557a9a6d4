import { randomBytes } from 'node:crypto';

/** Where a server tries out what its store can do, at the start. */
export const SELF_TEST_PREFIX = 'selftest/';

/**
 * Where `valise doctor` puts its objects: keys of the form that edges serve. Files' keys have a 4 as
 * the third group's first digit, so none of theirs begins so.
 */
export const DOCTOR_PREFIX = 'v1/d0c/00000000-0000-0000-';

/** Fresh keys for one run of the doctor, by number. */
export function doctorKeys(): (n: number) => string {
  const hex = randomBytes(8).toString('hex');
  return (n) => `${DOCTOR_PREFIX}${hex.slice(0, 4)}-${hex.slice(4)}/${n}`;
}
