import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeDurably } from './store-folder.ts';

/** What any S3 tool needs to be pointed at this store. */
export interface CredentialsFile {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type StoreKeys = Omit<CredentialsFile, 'endpoint'>;

/** The keys in the file; fresh ones (not written yet) if there is no file. */
export async function readKeys(path: string): Promise<StoreKeys> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return freshKeys();
  const parsed = JSON.parse(text) as Partial<CredentialsFile>;
  const { region, bucket, accessKeyId, secretAccessKey } = parsed;
  if (!region || !bucket || !accessKeyId || !secretAccessKey) {
    throw new Error(`${path} is incomplete; restore it or remove it to have new keys made`);
  }
  return { region, bucket, accessKeyId, secretAccessKey };
}

function freshKeys(): StoreKeys {
  return {
    region: 'valise',
    bucket: 'valise',
    accessKeyId: `VALISE${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  };
}

export function writeCredentials(path: string, endpoint: string, keys: StoreKeys): Promise<void> {
  return writeDurably(path, `${JSON.stringify({ endpoint, ...keys }, null, 2)}\n`);
}
