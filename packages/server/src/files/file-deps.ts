import type { FeedCursors } from '../changes/feed-cursor.ts';
import type { Db } from '../db/database.ts';
import type { Ambient } from '../run/ambient.ts';

/** What the file calls need of the server. */
export interface FileDeps {
  readonly db: Db;
  readonly ambient: Ambient;
  readonly cursors: FeedCursors;
}
