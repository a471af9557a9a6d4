import { requireBucket } from './names.ts';
import type { S3Call, S3Reply } from './s3-call.ts';
import { S3Error } from './s3-error.ts';
import { child, children, childText, parseXml, xmlDocument } from './xml.ts';

/** A rule about uploads that nobody finishes: how many days after their start they are aborted. */
export interface LifecycleRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly prefix: string;
  readonly days: number;
}

export const LIFECYCLE = 'lifecycle';
const MAX_RULES = 1000;

/** PutBucketLifecycleConfiguration: AbortIncompleteMultipartUpload alone; others are refused. */
export async function putLifecycle({ storage, bucket, body }: S3Call): Promise<S3Reply> {
  requireBucket(storage.index, bucket);
  const document = parseXml(await body.text(), 'LifecycleConfiguration');
  const rules = children(document, 'Rule').map(parseRule);
  if (rules.length === 0 || rules.length > MAX_RULES) throw new S3Error('MalformedXML');
  await storage.commit((index) => {
    requireBucket(index, bucket);
    const value = JSON.stringify(rules);
    return { records: [{ t: 'config', bucket, name: LIFECYCLE, value }], result: null };
  });
  return { status: 200 };
}

const known = new Set(['ID', 'Status', 'Prefix', 'Filter', 'AbortIncompleteMultipartUpload']);

function parseRule(rule: unknown, at: number): LifecycleRule {
  for (const name of Object.keys(typeof rule === 'object' && rule ? rule : {})) {
    if (!known.has(name)) throw new S3Error('NotImplemented', `${name} is not known here.`);
  }
  const filter = child(rule, 'Filter');
  for (const name of Object.keys(typeof filter === 'object' && filter ? filter : {})) {
    if (name !== 'Prefix') throw new S3Error('NotImplemented', 'Only Prefix is known in a Filter.');
  }
  const status = childText(rule, 'Status');
  const abort = child(rule, 'AbortIncompleteMultipartUpload');
  const days = Number(childText(abort, 'DaysAfterInitiation'));
  const isStatus = status === 'Enabled' || status === 'Disabled';
  if (!isStatus || !Number.isInteger(days) || days < 1) throw new S3Error('MalformedXML');
  return {
    id: childText(rule, 'ID') ?? `rule-${at + 1}`,
    enabled: status === 'Enabled',
    prefix: childText(filter, 'Prefix') ?? childText(rule, 'Prefix') ?? '',
    days,
  };
}

/** GetBucketLifecycleConfiguration. */
export function getLifecycle({ storage, bucket }: S3Call): S3Reply {
  requireBucket(storage.index, bucket);
  const value = storage.index.config(bucket, LIFECYCLE);
  if (value === null) throw new S3Error('NoSuchLifecycleConfiguration');
  const rules = (JSON.parse(value) as LifecycleRule[]).map((rule) => ({
    ID: rule.id,
    Filter: { Prefix: rule.prefix },
    Status: rule.enabled ? 'Enabled' : 'Disabled',
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: rule.days },
  }));
  return { status: 200, body: xmlDocument('LifecycleConfiguration', { Rule: rules }) };
}

/** DeleteBucketLifecycle. */
export async function deleteLifecycle({ storage, bucket }: S3Call): Promise<S3Reply> {
  await removeConfig({ storage, bucket }, LIFECYCLE);
  return { status: 204 };
}

export function removeConfig(
  { storage, bucket }: Pick<S3Call, 'storage' | 'bucket'>,
  name: string,
): Promise<null> {
  return storage.commit((index) => {
    requireBucket(index, bucket);
    const record = { t: 'config', bucket, name, value: null } as const;
    return { records: index.config(bucket, name) === null ? [] : [record], result: null };
  });
}
