import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ListMultipartUploadsCommand,
  paginateListObjectsV2,
  paginateListParts,
  S3Client,
} from '@aws-sdk/client-s3';

export interface StoreListing {
  /** Key → bytes. */
  readonly objects: ReadonlyMap<string, number>;
  /** Upload id → bytes of its parts, of what is not assembled yet. */
  readonly uploads: ReadonlyMap<string, number>;
}

/** What the embedded store of a data folder says it holds. */
export async function listStore(data: string): Promise<StoreListing> {
  const text = await readFile(join(data, 'objects', 'credentials.json'), 'utf8');
  const keys = JSON.parse(text) as Record<string, string>;
  const { endpoint = '', region = '', accessKeyId = '', secretAccessKey = '' } = keys;
  const Bucket = keys.bucket ?? '';
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
  const objects = new Map<string, number>();
  const uploads = new Map<string, number>();
  // For an upload without parts S3 names marker 0 as the next, for ever.
  const config = { client, stopOnSameToken: true };
  try {
    for await (const page of paginateListObjectsV2({ client }, { Bucket })) {
      for (const { Key = '', Size = 0 } of page.Contents ?? []) objects.set(Key, Size);
    }
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
    for (const { Key, UploadId } of Uploads) {
      let sum = 0;
      for await (const page of paginateListParts(config, { Bucket, Key, UploadId })) {
        for (const { Size = 0 } of page.Parts ?? []) sum += Size;
      }
      uploads.set(UploadId ?? '', sum);
    }
  } finally {
    client.destroy();
  }
  return { objects, uploads };
}
