import type { UserId } from '@valise/core/ids';
import { LIVE_CLOSE } from '@valise/core/wire';
import type { FeedDeps } from '../changes/feed-deps.ts';
import type { FeedBus, FeedNews } from './feed-bus.ts';
import { FeedChannel } from './feed-channel.ts';
import type { LiveConnection } from './live-connection.ts';
import { pushChanges, resync } from './push-changes.ts';

/** Sockets of one login: a few programs or tabs may share it. A newer one replaces the oldest. */
export const MAX_PER_DEVICE = 8;
/** Feeds read in one query: it stays short, and others get their turn between two. */
const FEEDS_AT_ONCE = 500;
/** After a failed query. */
const RETRY_MS = 1_000;

export interface LiveHubDeps extends FeedDeps {
  readonly bus: FeedBus;
  readonly onFault: (error: unknown, what: string) => void;
}

/** Who is connected to this server, and the loop that tells them what is new. */
export interface LiveHub {
  /** Follows from now on: tells the device where its feed stands, then what changes. */
  join(connection: LiveConnection): Promise<void>;
  leave(connection: LiveConnection): void;
  connections(): Iterable<LiveConnection>;
  /** Looks into the database whose feeds moved without any news. */
  lookAround(): Promise<void>;
  close(): Promise<void>;
}

export function createLiveHub(deps: LiveHubDeps): LiveHub {
  const { db, cursors, bus } = deps;
  const channels = new Map<UserId, FeedChannel>();
  const byDevice = new Map<string, LiveConnection[]>();
  const dirty = new Set<FeedChannel>();
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const unsubscribe = bus.subscribe((news) => {
    note(news);
  });

  function note(news: FeedNews): void {
    if (news === 'all') {
      lookAround().catch((error: unknown) => deps.onFault(error, 'Feeds could not be compared'));
      return;
    }
    // The smaller of the two is walked: a share may concern thousands, or thousands be connected.
    for (const userId of news) {
      const channel = channels.get(userId);
      if (channel !== undefined) dirty.add(channel);
    }
    schedule(0);
  }

  function schedule(notBeforeMs: number): void {
    if (running !== undefined || isClosed || dirty.size === 0) return;
    clearTimeout(timer);
    const waitMs = Math.max(notBeforeMs, earliestDue(dirty)) - performance.now();
    if (waitMs === Number.POSITIVE_INFINITY) return;
    if (waitMs > 0) timer = setTimeout(run, waitMs).unref();
    else run();
  }

  function run(): void {
    running = pushDue()
      .then(
        () => 0,
        (error: unknown) => {
          deps.onFault(error, 'Changes could not be pushed');
          return performance.now() + RETRY_MS;
        },
      )
      .then((notBeforeMs) => {
        running = undefined;
        schedule(notBeforeMs);
      });
  }

  async function pushDue(): Promise<void> {
    const nowMs = performance.now();
    const due: FeedChannel[] = [];
    for (const channel of dirty) {
      if (channel.dueAtMs <= nowMs && channel.position !== null) due.push(channel);
      if (due.length === FEEDS_AT_ONCE) break;
    }
    for (const channel of due) {
      dirty.delete(channel);
      channel.pushed(nowMs);
    }
    try {
      await pushChanges(deps, due);
    } catch (error) {
      for (const channel of due) if (channel.connections.size > 0) dirty.add(channel);
      throw error;
    }
  }

  async function lookAround(): Promise<void> {
    await resync(
      db,
      [...channels.values()].filter(({ position }) => position !== null),
    );
  }

  function leave(connection: LiveConnection): void {
    const { userId, deviceId } = connection.caller;
    const others = byDevice.get(deviceId)?.filter((one) => one !== connection) ?? [];
    if (others.length === 0) byDevice.delete(deviceId);
    else byDevice.set(deviceId, others);
    const channel = channels.get(userId);
    channel?.connections.delete(connection);
    if (channel === undefined || channel.connections.size > 0) return;
    channels.delete(userId);
    dirty.delete(channel);
  }

  function enter(connection: LiveConnection): FeedChannel {
    const { userId, deviceId } = connection.caller;
    const same = [...(byDevice.get(deviceId) ?? []), connection];
    byDevice.set(deviceId, same);
    const oldest = same.length > MAX_PER_DEVICE ? same[0] : undefined;
    if (oldest !== undefined) {
      leave(oldest);
      oldest.close(LIVE_CLOSE.replaced, 'A newer connection of this device took the place.');
    }
    const channel = channels.get(userId) ?? new FeedChannel(userId);
    channels.set(userId, channel);
    channel.connections.add(connection);
    return channel;
  }

  return {
    async join(connection) {
      const { userId } = connection.caller;
      // Entered before the feed is read: what moves it meanwhile marks the channel.
      const channel = enter(connection);
      if (channel.position === null) await resync(db, [channel]);
      if (channel.position === null || !channel.connections.has(connection)) return;
      const cursor = cursors.encode(userId, channel.position);
      connection.send(JSON.stringify({ type: 'hello', cursor }));
      connection.isReady = true;
      schedule(0);
    },
    leave,
    *connections() {
      for (const { connections } of channels.values()) yield* connections;
    },
    lookAround,
    async close() {
      isClosed = true;
      unsubscribe();
      clearTimeout(timer);
      await running;
    },
  };
}

/** Infinity when all are only just being read; `join` goes on with them. */
function earliestDue(channels: Iterable<FeedChannel>): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { position, dueAtMs } of channels) {
    if (position !== null) first = Math.min(first, dueAtMs);
  }
  return first;
}
