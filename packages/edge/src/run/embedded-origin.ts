import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Origin } from '../settings/settings.ts';

const FIELDS = ['endpoint', 'region', 'bucket', 'accessKeyId', 'secretAccessKey'] as const;

/** The embedded store of the same data folder, by its own `credentials.json`. */
export async function embeddedOrigin(data: string): Promise<Origin> {
  const path = join(data, 'objects', 'credentials.json');
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Error(
      `There is no store to serve from: ${path} can't be read (${cause.code}). Start Valise with ` +
        'this VALISE_DATA first, or set S3_BUCKET, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY.',
      { cause },
    );
  });
  const parsed = JSON.parse(text) as Record<string, unknown>;
  const missing = FIELDS.filter((field) => typeof parsed[field] !== 'string');
  if (missing.length > 0)
    throw new Error(`${path} is damaged: ${missing.join(', ')} must be there.`);
  const fields = parsed as Record<(typeof FIELDS)[number], string>;
  return {
    endpoint: fields.endpoint,
    region: fields.region,
    bucket: fields.bucket,
    accessKeyId: fields.accessKeyId,
    secretAccessKey: fields.secretAccessKey,
    sessionToken: null,
    forcePathStyle: true,
  };
}
