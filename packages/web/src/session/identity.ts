import type { Tokens } from '@valise/client';

/** Who is signed in here. No secret: tokens are in this page's memory and in an HttpOnly cookie. */
export type Identity = Pick<Tokens, 'user' | 'device'>;

const KEY = 'valise.identity';

export function readIdentity(): Identity | null {
  try {
    const text = localStorage.getItem(KEY);
    return text === null ? null : (JSON.parse(text) as Identity);
  } catch {
    // Storage is forbidden, or someone wrote rubbish: sign in again.
    return null;
  }
}

export function writeIdentity(identity: Identity | null): void {
  if (identity === null) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, JSON.stringify(identity));
}

/** Calls back when another tab signs in or out. */
export function onIdentityChange(listener: () => void): () => void {
  const onStorage = ({ key }: StorageEvent) => {
    if (key === KEY || key === null) listener();
  };
  window.addEventListener('storage', onStorage);
  return () => window.removeEventListener('storage', onStorage);
}
