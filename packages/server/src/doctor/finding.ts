export type FindingState =
  | 'ok'
  /** Valise works, but not as well as it could, or not for long. */
  | 'warning'
  | 'failed'
  /** Was failed or warned of, and has been set right. */
  | 'fixed'
  /** Could not be looked at because of an earlier finding, or isn't in use. */
  | 'skipped';

/** What a look at one thing showed. */
export interface Finding {
  /** The part and what was looked at, e.g. `store.cors`. Stable: scripts may rely on it. */
  readonly check: string;
  readonly state: FindingState;
  /** A sentence about what is. */
  readonly says: string;
  /** What to set or to run; with every `failed` and `warning`. */
  readonly mend?: string;
}

/** Findings as they come about, and in the end what later checks need to know. */
export type Findings<Known = void> = AsyncGenerator<Finding, Known, undefined>;

export function ok(check: string, says: string): Finding {
  return { check, state: 'ok', says };
}

export function warning(check: string, says: string, mend: string): Finding {
  return { check, state: 'warning', says, mend };
}

export function failed(check: string, says: string, mend: string): Finding {
  return { check, state: 'failed', says, mend };
}

export function fixed(check: string, says: string): Finding {
  return { check, state: 'fixed', says };
}

export function skipped(check: string, says: string): Finding {
  return { check, state: 'skipped', says };
}
