import { createClient } from '@redis/client';
import { createCarriedBus } from './carried-bus.ts';
import type { FeedBus } from './feed-bus.ts';

const CHANNEL = 'valise:feeds';
const LONGEST_PAUSE_MS = 2_000;

export interface RedisFeedBusOptions {
  /** `redis://…` or `rediss://…`. */
  readonly url: string;
  readonly onFault: (error: unknown, what: string) => void;
}

/** Publish and subscribe of a Redis; nothing is kept there. It may be away at the start, too. */
export function createRedisFeedBus({ url, onFault }: RedisFeedBusOptions): FeedBus {
  return createCarriedBus(({ onMessage, onConnected }) => {
    const pause = (attempt: number) => Math.min(100 * 2 ** attempt, LONGEST_PAUSE_MS);
    const speaker = createClient({
      url,
      // News that can't be sent now are kept by the sender, not in a queue here.
      disableOfflineQueue: true,
      socket: { reconnectStrategy: pause },
    });
    const hearer = createClient({ url, socket: { reconnectStrategy: pause } });
    let isFaulty = false;
    const fault = (error: unknown) => {
      if (!isFaulty) onFault(error, 'Redis is away: pushes between servers are late');
      isFaulty = true;
    };
    speaker.on('error', fault);
    hearer.on('error', fault);
    // Subscriptions are taken up again before it says so.
    hearer.on('ready', () => {
      isFaulty = false;
      onConnected();
    });
    speaker.connect().catch(fault);
    hearer.connect().catch(fault);
    hearer.subscribe(CHANNEL, onMessage).catch(fault);
    return {
      async send(messages) {
        await Promise.all(messages.map((message) => speaker.publish(CHANNEL, message)));
      },
      isConnected: () => hearer.isReady,
      async close() {
        speaker.destroy();
        hearer.destroy();
      },
    };
  });
}
