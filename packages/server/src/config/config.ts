import type { CdnSettings } from '../cdn/cdn-settings.ts';

/** All that was decided from outside, parsed, checked and frozen. */
export interface Config {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Public base URL of the API, without a trailing slash. */
  readonly url: string;
  readonly opsPort: number;
  /** Absolute path. */
  readonly data: string;
  readonly objects: {
    readonly port: number;
    readonly url: string | null;
    /** Whom it tells what happens to objects: us, unless somebody else was named. */
    readonly events: EventTarget | null;
  };
  readonly events: EventSettings;
  readonly registration: 'open' | 'invite' | 'closed';
  readonly jwtSecret: Uint8Array;
  readonly trashDays: number;
  readonly tls: { readonly certPath: string; readonly keyPath: string } | null;
  readonly database: { readonly url: string } | { readonly embedded: true };
  /** null: news between servers go through the database. */
  readonly redisUrl: string | null;
  /** null: the embedded object store. */
  readonly s3: S3Settings | null;
  readonly cdn: CdnSettings;
  readonly limits: Limits;
  readonly trustedProxies: readonly string[];
}

export interface EventTarget {
  readonly url: string;
  readonly secret: string | null;
}

export interface EventSettings {
  /** Who may tell us what happened at the store. */
  readonly secret: string;
  /** An SQS queue that we ask. */
  readonly queue: { readonly url: string; readonly region: string } | null;
}

export interface S3Settings {
  /** As the server reaches it. */
  readonly endpoint: string;
  /** As clients reach it. */
  readonly publicEndpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly forcePathStyle: boolean;
  readonly sse: string | null;
  /** PEM text of the one certificate to accept from the store, whatever name it is for. */
  readonly trustedCertificate?: string;
}

export interface Limits {
  /** Requests a minute. */
  readonly perUser: number;
  /** Failures in 15 minutes per pair of account and address. */
  readonly login: number;
  /** Calls before login in 15 minutes. */
  readonly address: number;
}

/** As the environment gave it: the secrets may have to come from the data folder. */
export type ParsedConfig = Omit<Config, 'jwtSecret' | 'events'> & {
  readonly jwtSecret: Uint8Array | null;
  readonly events: Omit<EventSettings, 'secret'> & { readonly secret: string | null };
};
