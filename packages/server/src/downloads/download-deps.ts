import type { Db } from '../db/database.ts';
import type { Storage } from '../storage/create-storage.ts';

/** What the download calls need of the server: they only sign, the store is never asked. */
export interface DownloadDeps {
  readonly db: Db;
  readonly storage: Pick<Storage, 'downloads' | 'cookies'>;
}
