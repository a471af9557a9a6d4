import type { Db } from '../db/database.ts';
import type { FeedCursors } from './feed-cursor.ts';

/** What reading feeds needs of the server. */
export interface FeedDeps {
  readonly db: Db;
  readonly cursors: FeedCursors;
}
