import { randomBytes } from 'node:crypto';
import { decodeNews, encodeNews } from './bus-message.ts';
import { createNewsSender } from './coalesce-news.ts';
import type { FeedBus, FeedNews } from './feed-bus.ts';

/** What a carrier tells of what arrives. */
export interface Hearing {
  readonly onMessage: (message: string) => void;
  /** Connected, or again: what was said in between is lost. */
  readonly onConnected: () => void;
}

/** Brings short texts to every server, its own included; they may be lost while it reconnects. */
export interface Carrier {
  /** Rejects when they could not be sent. */
  send(messages: readonly string[]): Promise<void>;
  isConnected(): boolean;
  close(): Promise<void>;
}

/** A bus over some carrier of texts: news here at once, there when the carrier brings them. */
export function createCarriedBus(connect: (hearing: Hearing) => Carrier): FeedBus {
  const self = randomBytes(8).toString('hex');
  const listeners = new Set<(news: FeedNews) => void>();
  const tell = (news: FeedNews) => {
    for (const listener of listeners) listener(news);
  };
  const carrier = connect({
    onMessage(message) {
      const news = decodeNews(self, message);
      if (news !== null) tell(news);
    },
    onConnected: () => tell('all'),
  });
  const sender = createNewsSender((userIds) => carrier.send(encodeNews(self, userIds)));
  return {
    publish(userIds) {
      tell(userIds);
      sender.add(userIds);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isConnected: () => carrier.isConnected(),
    async close() {
      listeners.clear();
      await sender.close();
      await carrier.close();
    },
  };
}
