import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { baseUrl, ownAddress } from '../config/base-url.ts';
import type { Config, S3Settings } from '../config/config.ts';

/** What the embedded store tells about itself, in `<data>/objects/credentials.json`. */
export interface ObjectsCredentials {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const FIELDS = ['endpoint', 'region', 'bucket', 'accessKeyId', 'secretAccessKey'] as const;

/** Undefined before the store's first start. */
export async function readCredentials(data: string): Promise<ObjectsCredentials | undefined> {
  const path = join(data, 'objects', 'credentials.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const parsed = JSON.parse(text) as Record<string, unknown>;
  if (FIELDS.some((field) => typeof parsed[field] !== 'string')) {
    throw new Error(`${path} is damaged: ${FIELDS.join(', ')} must stand in it.`);
  }
  return parsed as unknown as ObjectsCredentials;
}

type Place = Pick<Config, 'host' | 'objects' | 'tls' | 'url'>;

/** We reach the store by this machine's own address, clients by the public one. */
export async function settingsFor(
  credentials: ObjectsCredentials,
  place: Place,
): Promise<S3Settings> {
  const { region, bucket, accessKeyId, secretAccessKey } = credentials;
  const port = portOf(credentials, place);
  const isTls = place.tls !== null;
  const publicHost = new URL(place.url).hostname.replace(/^\[|\]$/g, '');
  return {
    endpoint: baseUrl(isTls, ownAddress(place.host), port),
    publicEndpoint: place.objects.url ?? baseUrl(isTls, publicHost, port),
    region,
    bucket,
    accessKeyId,
    secretAccessKey,
    forcePathStyle: true,
    sse: null,
    ...(place.tls === null
      ? {}
      : { trustedCertificate: await readFile(place.tls.certPath, 'utf8') }),
  };
}

/** The configured one; or the one the store got, which it then says in its endpoint. */
export function portOf({ endpoint }: ObjectsCredentials, { objects }: Place): number {
  if (objects.port !== 0) return objects.port;
  return Number(new URL(endpoint).port);
}
