import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { createPartMembership, type PartMembership } from './part-membership.ts';

/** An embedded part as its supervisor sees it. */
export interface EmbeddedPart<T> {
  ensure(): Promise<T>;
  isRunning(): Promise<boolean>;
  stop(): Promise<void>;
}

/** A part that runs, shared with other servers on this data folder, and kept running. */
export interface SharedPart<T> {
  readonly value: T;
  /** Stops looking after it; ends it if no other server uses it. */
  leave(): Promise<void>;
}

export interface SharedPartOptions {
  readonly name: string;
  /** For the lock files. */
  readonly locks: string;
  readonly log: FastifyBaseLogger;
}

const LOOK_EVERY_MS = 500;
const MOST_BACK_OFF_MS = 15_000;

/** Starts or adopts the part, and from then on starts it again whenever its process is gone. */
export async function joinSharedPart<T>(
  part: EmbeddedPart<T>,
  options: SharedPartOptions,
): Promise<SharedPart<T>> {
  await mkdir(options.locks, { recursive: true, mode: 0o700 });
  const membership = createPartMembership(options.locks);
  const value = await membership.join(() => part.ensure());
  const leaving = new AbortController();
  const watching = keepRunning(part, membership, { ...options, signal: leaving.signal });
  return {
    value,
    async leave() {
      leaving.abort();
      await watching;
      await membership.leave(() => part.stop());
    },
  };
}

async function keepRunning<T>(
  part: EmbeddedPart<T>,
  membership: PartMembership,
  { name, log, signal }: SharedPartOptions & { readonly signal: AbortSignal },
): Promise<void> {
  let faults = 0;
  while (!signal.aborted) {
    const backOff = faults === 0 ? 0 : Math.min(MOST_BACK_OFF_MS, LOOK_EVERY_MS * 2 ** faults);
    await sleep(LOOK_EVERY_MS + Math.random() * backOff, undefined, { signal }).catch(
      () => undefined,
    );
    if (signal.aborted || (await part.isRunning())) continue;
    try {
      log.warn({ part: name }, 'An embedded part is gone; starting it again');
      await membership.alone(() => part.ensure(), signal);
      log.info({ part: name }, 'The embedded part runs again');
      faults = 0;
    } catch (error) {
      faults++;
      if (!signal.aborted) log.error({ part: name, err: error }, 'An embedded part does not start');
    }
  }
}
