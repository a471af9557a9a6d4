import type { S3Settings } from '../config/config.ts';
import { type S3Caller, type S3Reply, StoreFault } from '../storage/s3-caller.ts';
import { parseXml } from '../storage/s3-xml.ts';
import { type Finding, failed, ok } from './finding.ts';
import type { Patient } from './patient.ts';
import { faultText } from './probe-request.ts';

/** What S3 calls its refusals, and what is to be set then. */
const REFUSALS: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'Set S3_ACCESS_KEY_ID to a key that the store knows.',
  SignatureDoesNotMatch:
    'Set S3_SECRET_ACCESS_KEY to the secret of S3_ACCESS_KEY_ID; if it is, a proxy before the store ' +
    'changes paths or the Host header: let it pass both as they are.',
  RequestTimeTooSkewed: 'Set the clocks: timedatectl set-ntp true, here and at the store.',
  AccessDenied:
    'Set S3_SECRET_ACCESS_KEY to the secret of S3_ACCESS_KEY_ID, and allow its account s3:ListBucket and s3:ListBucketMultipartUploads on the ' +
    'bucket, s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload and ' +
    's3:ListMultipartUploadParts on its objects.',
  NoSuchBucket: 'Set S3_BUCKET to the bucket; the server makes it at its start if it may.',
  AuthorizationHeaderMalformed: 'Set S3_REGION to the region of the bucket.',
  IllegalLocationConstraintException: 'Set S3_REGION to the region of the bucket.',
  PermanentRedirect: 'Set S3_REGION to the region of the bucket, and S3_ENDPOINT to its address.',
  InvalidToken: 'Set S3_SESSION_TOKEN to the token that came with the keys.',
  ExpiredToken: 'Get new credentials: those with S3_SESSION_TOKEN have expired.',
};

export interface StoreAccess {
  readonly finding: Finding;
  /** By the store's own word; null where it didn't say. */
  readonly clock: { readonly theirs: Date; readonly ours: Date } | null;
}

/** Lists one key of the bucket: the first thing that needs everything to be right. */
export async function checkAccess(
  caller: S3Caller,
  settings: S3Settings,
  { isStoreEmbedded, now }: Patient,
): Promise<StoreAccess> {
  const place = isStoreEmbedded ? 'The embedded store' : `The store at ${settings.endpoint}`;
  const endpoint = isStoreEmbedded
    ? 'Start the server: npm start'
    : `Set S3_ENDPOINT to where this machine reaches the store: curl -i ${settings.endpoint}`;
  let reply: S3Reply;
  const asked = now();
  try {
    const query = { 'list-type': '2', 'max-keys': '1' };
    reply = await caller.call({ method: 'GET', key: '', query });
  } catch (error) {
    const why =
      error instanceof StoreFault && error.status !== undefined
        ? `it answers ${error.status}`
        : faultText(error);
    const mend = /certificate/.test(why)
      ? 'Set NODE_EXTRA_CA_CERTS to the PEM file of the authority that signed it.'
      : endpoint;
    return { finding: failed('store', `${place} can't be reached: ${why}.`, mend), clock: null };
  }
  const date = Date.parse(reply.headers.date ?? '');
  const ours = new Date((asked.getTime() + now().getTime()) / 2);
  const clock = Number.isNaN(date) ? null : { theirs: new Date(date), ours };
  return { finding: judge(reply, { place, endpoint, settings }), clock };
}

function judge(
  reply: S3Reply,
  about: { readonly place: string; readonly endpoint: string; readonly settings: S3Settings },
): Finding {
  const { place, endpoint, settings } = about;
  const isList = reply.status === 200 && parseXml(reply.body).name === 'ListBucketResult';
  if (isList) return ok('store', `${place} lists the bucket ${settings.bucket}.`);
  const code = /<Code>(\w+)<\/Code>/.exec(reply.body)?.[1] ?? '';
  const mend =
    REFUSALS[code] ??
    (reply.status === 301 || reply.status === 307 ? REFUSALS.PermanentRedirect : undefined);
  const says = `${place} answers ${reply.status}${code === '' ? ' and not as S3 does' : ` ${code}`}.`;
  return failed('store', says, mend ?? endpoint);
}
