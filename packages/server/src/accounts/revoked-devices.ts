import { AppError } from '@valise/core/errors';
import type { DeviceId } from '@valise/core/ids';
import type { Db } from '../db/database.ts';
import { ACCESS_TOKEN_SECONDS } from './access-tokens.ts';
import { type LoginEnd, revokedSince } from './device-store.ts';

/** Revocations older than any access token matter no more; five minutes cover clocks that differ. */
const WINDOW_MS = (ACCESS_TOKEN_SECONDS + 5 * 60) * 1000;
/** What is known may be this old. With the time a query takes, a revocation holds within 5 s. */
const MAX_AGE_MS = 4_000;

export interface RevokedDevices {
  /**
   * How this device's login ended, undefined if it hasn't. Answers at once from what was read in
   * the last seconds, else asks the database and throws `database-unavailable` where it can't:
   * better no answer than a wrong one.
   */
  endOf(id: DeviceId): LoginEnd | undefined | Promise<LoginEnd | undefined>;
  /** Known here at once, before the next reading. */
  add(id: DeviceId, end: LoginEnd): void;
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
  let known: ReadonlyMap<DeviceId, LoginEnd> = new Map();
  let addedWhileReading = new Map<DeviceId, LoginEnd>();
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    const askedAtMs = deps.monotonicMs();
    addedWhileReading = new Map();
    const since = new Date(deps.now().getTime() - WINDOW_MS);
    const found = await revokedSince(deps.db, since);
    known = new Map([...found, ...addedWhileReading]);
    readAtMs = askedAtMs;
  }

  function refresh(): Promise<void> {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  const isFresh = () => deps.monotonicMs() - readAtMs <= MAX_AGE_MS;

  async function endAfterReading(id: DeviceId): Promise<LoginEnd | undefined> {
    try {
      await refresh();
    } catch (cause) {
      throw unavailable(cause);
    }
    // A reading that hung answers what was true when it was asked.
    if (!isFresh()) throw unavailable(undefined);
    return known.get(id);
  }

  return {
    endOf: (id) => (isFresh() ? known.get(id) : endAfterReading(id)),
    add(id, end) {
      known = new Map([...known, [id, end]]);
      addedWhileReading.set(id, end);
    },
    refresh,
  };
}

function unavailable(cause: unknown): AppError {
  return new AppError('database-unavailable', undefined, { cause, retryAfter: 1 });
}
