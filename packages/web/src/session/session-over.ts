import { failureCode } from '@valise/client';
import { writeIdentity } from './identity.ts';

const OVER = new Set(['session-ended', 'unauthenticated']);

/** A login that has ended leads to the sign-in page, and from there back to where one was. */
export function endIfSessionOver(error: unknown): void {
  const code = failureCode(error);
  if (code === null || !OVER.has(code)) return;
  writeIdentity(null);
  if (location.pathname === '/sign-in') return;
  const next = encodeURIComponent(location.pathname + location.search);
  location.assign(`/sign-in?ended=true&next=${next}`);
}
