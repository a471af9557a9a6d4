import type { ContentHeaders } from '../storage/journal-record.ts';
import { S3Error } from './s3-error.ts';

const kept = [
  'content-type',
  'content-encoding',
  'content-language',
  'content-disposition',
  'cache-control',
  'expires',
] as const;

/** S3's limit for all user metadata of an object. */
const MAX_METADATA = 2048;

/** Asked for, these change what is stored or who may read it: answering 200 would be a lie. */
const refused = [
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-legal-hold',
  'x-amz-website-redirect-location',
  'x-amz-tagging',
  'x-amz-grant-read',
  'x-amz-grant-full-control',
  'x-amz-write-offset-bytes',
];

export function contentHeaders(headers: ReadonlyMap<string, string>): ContentHeaders {
  for (const name of refused) {
    if (headers.has(name)) throw new S3Error('NotImplemented', `${name} is not known here.`);
  }
  const acl = headers.get('x-amz-acl');
  if (acl !== undefined && acl !== 'private') {
    throw new S3Error('NotImplemented', 'Objects here are private.');
  }
  const result: Record<string, string> = {};
  for (const name of kept) {
    const value = headers.get(name);
    if (value !== undefined) result[name] = value;
  }
  const encoding = storedEncoding(result['content-encoding']);
  if (encoding) result['content-encoding'] = encoding;
  else delete result['content-encoding'];
  let metadata = 0;
  for (const [name, value] of headers) {
    if (!name.startsWith('x-amz-meta-')) continue;
    metadata += name.length - 'x-amz-meta-'.length + value.length;
    result[name] = value;
  }
  if (metadata > MAX_METADATA) throw new S3Error('InvalidArgument', 'Too much metadata.');
  return result;
}

/** `aws-chunked` describes how the body travelled, not the object. */
function storedEncoding(encoding: string | undefined): string | undefined {
  return encoding
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item.toLowerCase() !== 'aws-chunked')
    .join(',');
}

const overridable = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const;

/** Headers of an answer with `response-*` overrides of the (signed) query applied. */
export function answerHeaders(
  stored: ContentHeaders,
  query: ReadonlyMap<string, string>,
): Record<string, string> {
  const result: Record<string, string> = { 'content-type': 'binary/octet-stream', ...stored };
  for (const name of overridable) {
    const value = query.get(`response-${name}`);
    if (value === undefined) continue;
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw new S3Error('InvalidArgument', `response-${name} can't be a header.`);
    }
    result[name] = value;
  }
  return result;
}
