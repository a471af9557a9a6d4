import type { ObjectIndex } from '../storage/object-index.ts';
import { removeConfig } from './lifecycle.ts';
import { requireBucket } from './names.ts';
import type { S3Call, S3Reply } from './s3-call.ts';
import { S3Error } from './s3-error.ts';
import { children, childText, childTexts, parseXml, xmlDocument } from './xml.ts';

export interface CorsRule {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly maxAge: number | null;
}

const CORS = 'cors';
const MAX_RULES = 100;
const METHODS = new Set(['GET', 'PUT', 'POST', 'DELETE', 'HEAD']);

/** The rules of a bucket; null when none were set, and then any origin may call. */
export function corsRules(index: ObjectIndex, bucket: string): readonly CorsRule[] | null {
  const value = index.config(bucket, CORS);
  return value === null ? null : (JSON.parse(value) as CorsRule[]);
}

/** PutBucketCors. */
export async function putCors({ storage, bucket, body }: S3Call): Promise<S3Reply> {
  requireBucket(storage.index, bucket);
  const document = parseXml(await body.text(), 'CORSConfiguration');
  const rules = children(document, 'CORSRule').map(parseRule);
  if (rules.length === 0 || rules.length > MAX_RULES) throw new S3Error('MalformedXML');
  await storage.commit((index) => {
    requireBucket(index, bucket);
    const value = JSON.stringify(rules);
    return { records: [{ t: 'config', bucket, name: CORS, value }], result: null };
  });
  return { status: 200 };
}

function parseRule(rule: unknown): CorsRule {
  const origins = childTexts(rule, 'AllowedOrigin');
  const methods = childTexts(rule, 'AllowedMethod');
  const headers = childTexts(rule, 'AllowedHeader');
  const exposed = childTexts(rule, 'ExposeHeader');
  if (origins.length === 0 || methods.length === 0) throw new S3Error('MalformedXML');
  if (methods.some((method) => !METHODS.has(method))) {
    throw new S3Error('InvalidRequest', 'An AllowedMethod is not one of S3.');
  }
  if ([...origins, ...headers].some((pattern) => pattern.split('*').length > 2)) {
    throw new S3Error('InvalidRequest', 'A pattern may have one * only.');
  }
  // They become a header of answers.
  if (exposed.some((name) => !/^[\w!#$%&'*+.^`|~-]+$/.test(name))) {
    throw new S3Error('InvalidRequest', 'An ExposeHeader is no name of a header.');
  }
  const age = childText(rule, 'MaxAgeSeconds');
  if (age !== undefined && !/^\d{1,9}$/.test(age)) throw new S3Error('MalformedXML');
  return { origins, methods, headers, exposed, maxAge: age === undefined ? null : Number(age) };
}

/** GetBucketCors. */
export function getCors({ storage, bucket }: S3Call): S3Reply {
  requireBucket(storage.index, bucket);
  const rules = corsRules(storage.index, bucket);
  if (rules === null) throw new S3Error('NoSuchCORSConfiguration');
  const content = rules.map((rule) => ({
    AllowedOrigin: rule.origins,
    AllowedMethod: rule.methods,
    AllowedHeader: rule.headers,
    ExposeHeader: rule.exposed,
    MaxAgeSeconds: rule.maxAge ?? undefined,
  }));
  return { status: 200, body: xmlDocument('CORSConfiguration', { CORSRule: content }) };
}

/** DeleteBucketCors. */
export async function deleteCors({ storage, bucket }: S3Call): Promise<S3Reply> {
  await removeConfig({ storage, bucket }, CORS);
  return { status: 204 };
}
