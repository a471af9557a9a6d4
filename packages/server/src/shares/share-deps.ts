import type { Db } from '../db/database.ts';
import type { Ambient } from '../run/ambient.ts';

/** What the sharing calls need of the server. */
export interface ShareDeps {
  readonly db: Db;
  readonly ambient: Ambient;
}
