import { randomBytes } from 'node:crypto';

/** Of this process. Randomness for every request would cost as much as checking its signature. */
const prefix = randomBytes(5).toString('hex');
let count = 0;

/** Names a request in answers and in the log; no two of all processes have the same. */
export function nextRequestId(): string {
  count += 1;
  return prefix + count.toString(16).padStart(8, '0');
}
