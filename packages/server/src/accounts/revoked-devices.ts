import { AppError } from '@valise/core/errors';
import type { DeviceId } from '@valise/core/ids';
import type { Db } from '../db/database.ts';
import { ACCESS_TOKEN_SECONDS } from './access-tokens.ts';
import { revokedSince } from './device-store.ts';

/** Revocations older than any access token matter no more; five minutes cover clocks that differ. */
const WINDOW_MS = (ACCESS_TOKEN_SECONDS + 5 * 60) * 1000;
/** What is known may be this old. With the time a query takes, a revocation holds within 5 s. */
const MAX_AGE_MS = 4_000;

export interface RevokedDevices {
  /**
   * Was this device revoked? Answers at once from what was read in the last seconds, else asks the
   * database and throws `database-unavailable` where it can't: better no answer than a wrong yes.
   */
  has(id: DeviceId): boolean | Promise<boolean>;
  /** Known here at once, before the next reading. */
  add(id: DeviceId): void;
  /** Reads the database now. */
  refresh(): Promise<void>;
}

export interface RevokedDevicesDeps {
  readonly db: Db;
  readonly now: () => Date;
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonicMs: () => number;
}

/** Which devices were revoked lately, by any server. */
export function createRevokedDevices(deps: RevokedDevicesDeps): RevokedDevices {
  let known: ReadonlySet<DeviceId> = new Set();
  let addedWhileReading = new Set<DeviceId>();
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    const askedAtMs = deps.monotonicMs();
    addedWhileReading = new Set();
    const since = new Date(deps.now().getTime() - WINDOW_MS);
    const found = await revokedSince(deps.db, since);
    known = new Set([...found, ...addedWhileReading]);
    readAtMs = askedAtMs;
  }

  function refresh(): Promise<void> {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  const isFresh = () => deps.monotonicMs() - readAtMs <= MAX_AGE_MS;

  async function hasAfterReading(id: DeviceId): Promise<boolean> {
    try {
      await refresh();
    } catch (cause) {
      throw unavailable(cause);
    }
    // A reading that hung answers what was true when it was asked.
    if (!isFresh()) throw unavailable(undefined);
    return known.has(id);
  }

  return {
    has: (id) => (isFresh() ? known.has(id) : hasAfterReading(id)),
    add(id) {
      known = new Set([...known, id]);
      addedWhileReading.add(id);
    },
    refresh,
  };
}

function unavailable(cause: unknown): AppError {
  return new AppError('database-unavailable', undefined, { cause, retryAfter: 1 });
}
