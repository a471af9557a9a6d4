import type { UserId } from '@valise/core/ids';

/** News go out at most once in so many milliseconds; the first at once. */
const GAP_MS = 10;
const RETRY_MS = 500;

export interface NewsSender {
  add(userIds: ReadonlySet<UserId>): void;
  /** Sends what is left, once. */
  close(): Promise<void>;
}

/**
 * Collects news while some are on their way, and sends what came together as one. What couldn't be
 * sent is tried again with what came since.
 */
export function createNewsSender(
  send: (userIds: ReadonlySet<UserId>) => Promise<void>,
): NewsSender {
  let pending = new Set<UserId>();
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let isClosed = false;
  let sentAtMs = Number.NEGATIVE_INFINITY;

  function schedule(minGapMs: number): void {
    if (timer !== undefined || sending !== undefined || pending.size === 0 || isClosed) return;
    const waitMs = sentAtMs + minGapMs - performance.now();
    if (waitMs <= 0) flush();
    else timer = setTimeout(flush, waitMs).unref();
  }

  function flush(): void {
    timer = undefined;
    const news = pending;
    pending = new Set();
    sentAtMs = performance.now();
    let gapMs = GAP_MS;
    sending = send(news)
      .catch(() => {
        for (const userId of news) pending.add(userId);
        gapMs = RETRY_MS;
      })
      .finally(() => {
        sending = undefined;
        schedule(gapMs);
      });
  }

  return {
    add(userIds) {
      for (const userId of userIds) pending.add(userId);
      schedule(GAP_MS);
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await sending;
      if (pending.size > 0) await send(pending).catch(() => undefined);
    },
  };
}
