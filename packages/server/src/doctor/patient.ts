import type { CdnSettings } from '../cdn/cdn-settings.ts';
import type { S3Settings } from '../config/config.ts';

/** An installation as the doctor looks at it: its settings, and where its parts are. */
export interface Patient {
  /** Address under which people and devices reach the API. */
  readonly url: string;
  /** Null while the embedded database has never run. */
  readonly databaseUrl: string | null;
  readonly isDatabaseEmbedded: boolean;
  readonly redisUrl: string | null;
  /** Null while the embedded store has never run. */
  readonly store: S3Settings | null;
  readonly isStoreEmbedded: boolean;
  readonly cdn: CdnSettings;
  readonly events: ExpectedEvents;
  readonly now: () => Date;
}

/** How the store is meant to tell the server what happens to objects, if it is. */
export type ExpectedEvents =
  | { readonly kind: 'none' | 'webhook' }
  | { readonly kind: 'queue'; readonly url: string };

export interface DoctorOptions {
  /** Sets right what can be set right without harm to anyone. */
  readonly fix: boolean;
}
