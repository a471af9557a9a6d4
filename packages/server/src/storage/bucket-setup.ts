import { AppError } from '@valise/core/errors';
import type { S3Caller } from './s3-caller.ts';
import { escapeXml } from './s3-xml.ts';
import { md5Base64 } from './sigv4.ts';
import type { StoreSettings } from './store-settings.ts';

/** Requests carry their own signature and no cookie: any origin may send them. */
const CORS = `<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><CORSRule>
<AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod>
<AllowedMethod>HEAD</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>
<ExposeHeader>Content-Range</ExposeHeader><ExposeHeader>Accept-Ranges</ExposeHeader>
<MaxAgeSeconds>3600</MaxAgeSeconds></CORSRule></CORSConfiguration>`;

/** Makes the bucket, with CORS for browsers, unless it is there: an existing one stays as it is. */
export async function ensureBucket(caller: S3Caller, settings: StoreSettings): Promise<void> {
  const found = await caller.call({ method: 'HEAD', key: '' });
  if (found.status === 200) return;
  if (found.status !== 404) {
    throw new AppError(
      'store-unavailable',
      `The bucket ${settings.bucket} cannot be used: the store answered ${found.status}. Check S3_BUCKET, S3_REGION and the keys.`,
    );
  }
  const location =
    settings.region === 'us-east-1'
      ? ''
      : `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${escapeXml(settings.region)}</LocationConstraint></CreateBucketConfiguration>`;
  const made = await caller.call({ method: 'PUT', key: '', body: location });
  // 409: another server made it in the same moment.
  if (made.status !== 200 && made.status !== 409) {
    throw new AppError(
      'store-unavailable',
      `The bucket ${settings.bucket} does not exist and cannot be made: the store answered ${made.status}.`,
    );
  }
  const headers = { 'content-md5': md5Base64(CORS), 'content-type': 'application/xml' };
  await caller.call({ method: 'PUT', key: '', query: { cors: '' }, headers, body: CORS });
}
