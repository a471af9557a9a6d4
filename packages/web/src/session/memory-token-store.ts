import type { TokenStore, Tokens } from '@valise/client';
import { exclusively } from '../platform/exclusive.ts';
import type { Identity } from './identity.ts';

export interface MemoryTokenStoreOptions {
  readonly server: string;
  /** Who is signed in, as of now. */
  identity(): Identity | null;
  /** Keeps or forgets who is signed in. */
  keep(identity: Identity | null): void;
}

/**
 * Tokens of one page or worker. The access token is in memory alone, so each of them fetches its
 * own; the refresh token is a cookie that they share, hence the lock around every exchange of it.
 */
export function memoryTokenStore(options: MemoryTokenStoreOptions): TokenStore {
  const { server } = options;
  let tokens: Tokens | null = null;
  return {
    async load() {
      const identity = options.identity();
      if (identity === null) return null;
      if (tokens?.device.id === identity.device.id) return tokens;
      return { server, ...identity, accessToken: '', refreshToken: '', expiresAt: 0 };
    },
    async save(next) {
      tokens = next;
      options.keep({ user: next.user, device: next.device });
    },
    async clear() {
      tokens = null;
      options.keep(null);
    },
    exclusively: (work) => exclusively('valise-session', work),
  };
}
