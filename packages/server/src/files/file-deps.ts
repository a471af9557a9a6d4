import type { Db } from '../db/database.ts';
import type { Ambient } from '../run/ambient.ts';

/** What the file calls need of the server. */
export interface FileDeps {
  readonly db: Db;
  readonly ambient: Ambient;
}
