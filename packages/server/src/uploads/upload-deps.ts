import type { Db } from '../db/database.ts';
import type { Ambient } from '../run/ambient.ts';
import type { Storage } from '../storage/create-storage.ts';

/** What everything about uploads stands on. */
export interface UploadDeps {
  readonly db: Db;
  readonly ambient: Ambient;
  readonly storage: Storage;
}
