import { join } from 'node:path';
import type { Config, S3Settings } from '../config/config.ts';
import { connectionUrl, readConnection } from '../db/embedded/connection-file.ts';
import { readCredentials, settingsFor } from './objects-credentials.ts';

/** Where a server's database and store are, as far as that is known without starting them. */
export interface KnownParts {
  /** Null while the embedded one has never run. */
  readonly databaseUrl: string | null;
  /** Null while the embedded one has never run. */
  readonly store: S3Settings | null;
}

type Places = Pick<Config, 'data' | 'database' | 's3' | 'host' | 'objects' | 'tls' | 'url'>;

/** For those who look after an installation beside its server. */
export async function findKnownParts(config: Places): Promise<KnownParts> {
  return { databaseUrl: await findDatabase(config), store: await findStore(config) };
}

async function findDatabase({ database, data }: Places): Promise<string | null> {
  if ('url' in database) return database.url;
  const connection = await readConnection(join(data, 'postgres'));
  return connection === undefined ? null : connectionUrl(connection, 'valise');
}

async function findStore(config: Places): Promise<S3Settings | null> {
  if (config.s3 !== null) return config.s3;
  const credentials = await readCredentials(config.data);
  return credentials === undefined ? null : settingsFor(credentials, config);
}
