import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';

export interface Started<T> {
  readonly value: T;
  readonly close?: () => Promise<void> | void;
}

/** What was started, to be closed in reverse. */
export interface Phases {
  /** Starts one part. When it throws, the caller closes all. */
  start<T>(name: string, work: () => Promise<Started<T>>): Promise<T>;
  /**
   * Closes all in reverse order, each within `CLOSE_TIMEOUT_MS`. A part that fails or hangs is
   * reported and does not keep the rest from closing.
   */
  closeAll(): Promise<void>;
}

const CLOSE_TIMEOUT_MS = 15_000;

export function createPhases(log: FastifyBaseLogger): Phases {
  const started: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];
  return {
    async start(name, work) {
      const { value, close } = await work();
      if (close !== undefined) started.push({ name, close });
      return value;
    },
    async closeAll() {
      for (let phase = started.pop(); phase !== undefined; phase = started.pop()) {
        const { name, close } = phase;
        try {
          await withTimeout(async () => close(), name);
        } catch (error) {
          log.error({ phase: name, err: error }, 'A part did not close');
        }
      }
    },
  };
}

async function withTimeout(work: () => Promise<void>, name: string): Promise<void> {
  const timer = new AbortController();
  const late = sleep(CLOSE_TIMEOUT_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`${name} did not close within ${CLOSE_TIMEOUT_MS / 1000} s.`);
  });
  // The timer's own end is no fault.
  late.catch(() => undefined);
  try {
    await Promise.race([work(), late]);
  } finally {
    timer.abort();
  }
}
