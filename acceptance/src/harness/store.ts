import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ListMultipartUploadsCommand,
  ListPartsCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';

/** The store's variables (`S3_ENDPOINT`, …) as JSON when the suite runs on another than the embedded one. */
const external = process.env.VALISE_TEST_STORE ?? '';

export const isEmbedded = external === '';

/** Why tests of the embedded store's own process don't apply; false when they do. */
export const skipUnlessEmbedded = isEmbedded
  ? false
  : 'is about the embedded store, which is not in use here';

/** What points a server at the store under test: nothing for the embedded one. A bucket per folder. */
export function storeVariables(data: string): Record<string, string> {
  if (isEmbedded) return {};
  const id = createHash('sha256').update(data).digest('hex').slice(0, 20);
  return { ...(JSON.parse(external) as Record<string, string>), S3_BUCKET: `valise-${id}` };
}

/** Bytes that the server's bucket holds: of objects, and of parts not yet assembled. */
export async function storedBytes(data: string): Promise<number> {
  const { client, bucket } = await connect(data);
  const Bucket = bucket;
  let sum = 0;
  try {
    for await (const page of paginateListObjectsV2({ client }, { Bucket })) {
      for (const { Size = 0 } of page.Contents ?? []) sum += Size;
    }
    // One page of a thousand: more uploads at once no test has.
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
    for (const { Key, UploadId } of Uploads) {
      // Assembled or gone in the meantime.
      sum += await partBytes(client, { Bucket, Key, UploadId }).catch(() => 0);
    }
  } finally {
    client.destroy();
  }
  return sum;
}

async function partBytes(
  client: S3Client,
  upload: { Bucket: string; Key: string | undefined; UploadId: string | undefined },
): Promise<number> {
  // The SDK's own paging asks for ever: S3 names a next part even on the last page.
  let sum = 0;
  for (let marker: string | undefined; ; ) {
    const page = await client.send(new ListPartsCommand({ ...upload, PartNumberMarker: marker }));
    for (const { Size = 0 } of page.Parts ?? []) sum += Size;
    if (page.IsTruncated !== true) return sum;
    marker = page.NextPartNumberMarker;
  }
}

/** `S3_*` of the store that a server uses, whichever it is. */
export async function usedStore(data: string): Promise<Record<string, string>> {
  return isEmbedded ? await embeddedVariables(data) : storeVariables(data);
}

/** A client that isn't ours, for a server's bucket. */
export async function connect(data: string): Promise<{ client: S3Client; bucket: string }> {
  const { S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, S3_BUCKET } =
    await usedStore(data);
  const client = new S3Client({
    endpoint: S3_ENDPOINT ?? '',
    region: S3_REGION ?? '',
    forcePathStyle: true,
    credentials: {
      accessKeyId: S3_ACCESS_KEY_ID ?? '',
      secretAccessKey: S3_SECRET_ACCESS_KEY ?? '',
    },
  });
  return { client, bucket: S3_BUCKET ?? '' };
}

async function embeddedVariables(data: string): Promise<Record<string, string>> {
  const text = await readFile(join(data, 'objects', 'credentials.json'), 'utf8');
  const keys = JSON.parse(text) as Record<string, string>;
  return {
    S3_ENDPOINT: keys.endpoint ?? '',
    S3_REGION: keys.region ?? '',
    S3_ACCESS_KEY_ID: keys.accessKeyId ?? '',
    S3_SECRET_ACCESS_KEY: keys.secretAccessKey ?? '',
    S3_BUCKET: keys.bucket ?? '',
  };
}
