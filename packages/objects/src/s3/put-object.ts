import { commitStaged, INLINE_LIMIT } from '../storage/storage.ts';
import { checksumHeaders } from './checksums.ts';
import { checkWriteConditions } from './conditions.ts';
import { contentHeaders } from './content-headers.ts';
import { contentEtag } from './etag.ts';
import { checkKey, quoted, requireBucket } from './names.ts';
import type { S3Call, S3Reply } from './s3-call.ts';

/**
 * PutObject. Conditions are judged at the commit; for content that is worth it before the body,
 * too, to spare sending it.
 */
export async function putObject(call: S3Call): Promise<S3Reply> {
  const { storage, bucket, key, body } = call;
  checkKey(key);
  const headers = contentHeaders(call.headers);
  if (body.size() > INLINE_LIMIT) {
    requireBucket(storage.index, bucket);
    checkWriteConditions(call.headers, storage.index.object(bucket, key));
  }
  const staged = await storage.stage(body.chunks(), body.size());
  const digests = body.digests();
  const { checksums } = digests;
  const etag = contentEtag(digests);
  const { size, content, inline } = staged;
  const record = {
    t: 'put',
    bucket,
    key,
    size,
    etag,
    at: call.now,
    headers,
    checksums,
    ...content,
  } as const;
  await commitStaged(storage, staged, (index) => {
    requireBucket(index, bucket);
    checkWriteConditions(call.headers, index.object(bucket, key));
    return { records: [record], ...(inline ? { inline } : {}), result: null };
  });
  return { status: 200, headers: { etag: quoted(etag), ...checksumHeaders(checksums) } };
}
