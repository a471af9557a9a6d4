import type { FastifyBaseLogger } from 'fastify';
import type { FeedCursors } from '../changes/feed-cursor.ts';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/database.ts';
import type { EventIntake } from '../events/event-intake.ts';
import type { FeedBus } from '../live/feed-bus.ts';
import type { Storage } from '../storage/create-storage.ts';
import type { Ambient } from './ambient.ts';

/** What every feature is built from. Made once at the start, passed down, never looked up. */
export interface ServerDeps {
  readonly db: Db;
  readonly ambient: Ambient;
  readonly storage: Storage;
  readonly cursors: FeedCursors;
  readonly bus: FeedBus;
  readonly intake: EventIntake;
  readonly config: Config;
  readonly log: FastifyBaseLogger;
}
