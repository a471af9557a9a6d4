import { AppError, isAppError } from '@valise/core/errors';
import type { Session as SessionAnswer, TokenPair } from '@valise/core/wire';
import type { Ambient, TokenStore, Tokens } from '../ports.ts';

/** Renewed this long before they end, so that a request doesn't die of clock skew. */
const RENEW_EARLY_MS = 30_000;

export interface SessionDeps {
  readonly server: string;
  readonly tokens: TokenStore;
  readonly ambient: Pick<Ambient, 'now'>;
  refresh(refreshToken: string): Promise<TokenPair>;
}

/** Keeps one login's access token fresh. */
export interface Session {
  /** An access token that should hold; throws `unauthenticated` when nobody is logged in. */
  accessToken(): Promise<string>;
  /** A token other than `stale`, which the server has just refused. */
  renew(stale: string): Promise<string>;
  begin(answer: SessionAnswer): Promise<void>;
  end(): Promise<void>;
  /** Who is logged in at this server; null for nobody. */
  current(): Promise<Tokens | null>;
}

/**
 * Refresh tokens rotate, and several processes may share one login. So a refresh happens under the
 * token store's lock, and whoever gets the lock looks first whether someone else was quicker. In
 * this process one refresh serves all who wait for it; hence no caller's signal ends it.
 */
export function createSession(deps: SessionDeps): Session {
  const { server, tokens, ambient } = deps;
  let known: Tokens | null = null;
  let renewal: Promise<string> | null = null;

  const load = async () => {
    const stored = await tokens.load();
    // A token is never sent to another server than the one that gave it.
    known = stored?.server === server ? stored : null;
    return known;
  };
  const renewLocked = (stale: string) =>
    tokens.exclusively(async () => {
      const stored = await load();
      if (stored === null) throw notLoggedIn(server);
      if (stored.accessToken !== stale) return stored.accessToken;
      const pair = await deps.refresh(stored.refreshToken).catch((error: unknown) => {
        throw isAppError(error, 'unauthenticated') ? sessionEnded(error) : error;
      });
      known = withPair(stored, pair, ambient.now());
      await tokens.save(known);
      return known.accessToken;
    });
  const renew = (stale: string) => {
    renewal ??= renewLocked(stale).finally(() => {
      renewal = null;
    });
    return renewal;
  };

  return {
    async accessToken() {
      const current = known ?? (await load());
      if (current === null) throw notLoggedIn(server);
      if (ambient.now() < current.expiresAt - RENEW_EARLY_MS) return current.accessToken;
      return renew(current.accessToken);
    },
    renew,
    async begin({ user, device, ...pair }) {
      const fresh = { server, user, device, accessToken: '', refreshToken: '', expiresAt: 0 };
      known = withPair(fresh, pair, ambient.now());
      const begun = known;
      await tokens.exclusively(() => tokens.save(begun));
    },
    async end() {
      known = null;
      await tokens.exclusively(() => tokens.clear());
    },
    current: load,
  };
}

function withPair(tokens: Tokens, pair: TokenPair, now: number): Tokens {
  return {
    ...tokens,
    accessToken: pair.accessToken,
    refreshToken: pair.refreshToken,
    expiresAt: now + pair.expiresIn * 1_000,
  };
}

function notLoggedIn(server: string): AppError {
  return new AppError('unauthenticated', `Not logged in at ${server}.`);
}

function sessionEnded(cause: AppError): AppError {
  return new AppError('session-ended', 'This login has ended. Log in again.', { cause });
}
