import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { createLimit } from '../uploads/bounded.ts';
import type { EventIntake } from './event-intake.ts';
import type { EventQueue, QueuedMessage } from './event-queue.ts';
import { readMessageText } from './read-message.ts';

export interface QueueFollowerDeps {
  readonly queue: EventQueue;
  readonly intake: EventIntake;
  readonly log: Pick<FastifyBaseLogger, 'warn' | 'info'>;
}

/** Handfuls of messages that are acted on at a time; meanwhile the next are fetched. */
const MOST_AT_WORK = 32;
const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

/**
 * Takes store events out of a queue until closed. A message is removed when it has been acted on, so
 * a server that dies over it leaves it to the others; one that nobody can read is removed and told of.
 */
export function followQueue(deps: QueueFollowerDeps): { close(): Promise<void> } {
  const { queue, log } = deps;
  const stop = new AbortController();
  const { signal } = stop;
  const limit = createLimit(MOST_AT_WORK);
  const working = new Set<Promise<void>>();

  async function run(): Promise<void> {
    let pause = MIN_PAUSE_MS;
    while (!signal.aborted) {
      try {
        const messages = await queue.receive({ signal });
        pause = MIN_PAUSE_MS;
        if (messages.length > 0) await begin(messages);
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ err: error }, 'the queue of store events cannot be asked');
        // Full jitter, so that a queue that comes back isn't met by all servers at once.
        await sleep(Math.random() * pause, undefined, { signal }).catch(() => undefined);
        pause = Math.min(2 * pause, MAX_PAUSE_MS);
      }
    }
  }

  /** Resolves when there is room for more. */
  function begin(messages: readonly QueuedMessage[]): Promise<void> {
    return new Promise((room) => {
      const work = limit(async () => {
        room();
        await actOn(deps, messages);
      }).catch((error: unknown) => {
        log.warn({ err: error }, 'store events stay in their queue');
      });
      working.add(work);
      void work.finally(() => working.delete(work));
    });
  }

  const running = run();
  return {
    async close() {
      stop.abort();
      await running;
      await Promise.all(working);
    },
  };
}

async function actOn(
  { queue, intake, log }: QueueFollowerDeps,
  messages: readonly QueuedMessage[],
): Promise<void> {
  const outcomes = await Promise.allSettled(
    messages.map(async ({ body }) => {
      const message = readMessageText(body);
      if (message.kind === 'unreadable') {
        log.warn({ length: body.length }, 'a message in the queue is no store event: removed');
      } else if (message.kind === 'test') log.info('the store’s test event came by the queue');
      await intake.take(message).done;
    }),
  );
  const done = messages.filter((_, index) => outcomes[index]?.status === 'fulfilled');
  if (done.length > 0) await queue.remove(done);
}
