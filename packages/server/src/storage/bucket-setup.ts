import { AppError } from '@valise/core/errors';
import type { S3Caller, S3Reply } from './s3-caller.ts';
import { escapeXml } from './s3-xml.ts';
import { md5Base64 } from './sigv4.ts';
import type { StoreSettings } from './store-settings.ts';

/** Requests carry their own signature and no cookie: any origin may send them. */
const CORS_RULE = `<CORSRule>
<AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod>
<AllowedMethod>HEAD</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>
<ExposeHeader>Content-Range</ExposeHeader><ExposeHeader>Accept-Ranges</ExposeHeader>
<MaxAgeSeconds>3600</MaxAgeSeconds></CORSRule>`;

/** Days from the beginning of an upload; it is ended by the server a week after its last part. */
export const ABORT_AFTER_DAYS = 30;
/** The server ends what it began; this is for what it can't know of any more, as after a restored database. */
const LIFECYCLE_RULE = `<Rule><ID>valise-unfinished-uploads</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><AbortIncompleteMultipartUpload><DaysAfterInitiation>${ABORT_AFTER_DAYS}</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>`;

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

interface Setting {
  /** The query parameter that means it. */
  readonly name: 'cors' | 'lifecycle';
  readonly root: string;
  readonly rule: string;
}

const CORS: Setting = { name: 'cors', root: 'CORSConfiguration', rule: CORS_RULE };
const LIFECYCLE: Setting = {
  name: 'lifecycle',
  root: 'LifecycleConfiguration',
  rule: LIFECYCLE_RULE,
};

/**
 * Makes the bucket, with CORS for browsers and an end to forgotten uploads, unless it is there: an
 * existing one stays as it is.
 */
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
      : `<CreateBucketConfiguration xmlns="${NAMESPACE}"><LocationConstraint>${escapeXml(settings.region)}</LocationConstraint></CreateBucketConfiguration>`;
  const made = await caller.call({ method: 'PUT', key: '', body: location });
  // 409: another server made it in the same moment.
  if (made.status !== 200 && made.status !== 409) {
    throw new AppError(
      'store-unavailable',
      `The bucket ${settings.bucket} does not exist and cannot be made: the store answered ${made.status}.`,
    );
  }
  // Stores that have no such settings do without.
  await putSetting(caller, CORS, null);
  await putSetting(caller, LIFECYCLE, null);
}

/** Lets pages of any origin use presigned URLs, before whatever rules there are. */
export function allowBrowsers(caller: S3Caller): Promise<S3Reply> {
  return addRule(caller, CORS);
}

/** Has the store abort uploads that nobody finishes, beside whatever rules there are. */
export function endForgottenUploads(caller: S3Caller): Promise<S3Reply> {
  return addRule(caller, LIFECYCLE);
}

async function addRule(caller: S3Caller, setting: Setting): Promise<S3Reply> {
  const found = await caller.call({ method: 'GET', key: '', query: { [setting.name]: '' } });
  if (found.status !== 200 && found.status !== 404) return found;
  return putSetting(caller, setting, found.status === 200 ? found.body : null);
}

/** `existing`: the document to put the rule into, at the front, where it is looked at first. */
function putSetting(
  caller: S3Caller,
  { name, root, rule }: Setting,
  existing: string | null,
): Promise<S3Reply> {
  const start = new RegExp(`<${root}[^>]*>`);
  const hasPlace = existing !== null && start.test(existing) && existing.includes(`</${root}>`);
  const body = hasPlace
    ? existing.replace(start, (tag) => tag + rule)
    : `<${root} xmlns="${NAMESPACE}">${rule}</${root}>`;
  const headers = { 'content-md5': md5Base64(body), 'content-type': 'application/xml' };
  return caller.call({ method: 'PUT', key: '', query: { [name]: '' }, headers, body });
}
