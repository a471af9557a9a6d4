import type { ObjectIndex, UploadRow } from '../storage/object-index.ts';
import type { Storage } from '../storage/storage.ts';
import { LIFECYCLE, type LifecycleRule } from './lifecycle.ts';

const DAY_MS = 24 * 3600 * 1000;
/**
 * For buckets without a lifecycle of their own. Longer than any client waits to resume; parts that
 * nobody asks for would fill the disk for ever.
 */
const DEFAULT_RULE: LifecycleRule = { id: 'default', enabled: true, prefix: '', days: 30 };
/** Looked at per step, so that requests come in between. */
const PAGE = 100;

/** Aborts uploads that outlived their bucket's rules. Answers how many. */
export async function abortStaleUploads(
  storage: Storage,
  { now, signal }: { now: number; signal?: AbortSignal },
): Promise<number> {
  let aborted = 0;
  for (const { name: bucket } of storage.index.buckets()) {
    for (const rule of rulesOf(storage.index, bucket)) {
      const before = now - rule.days * DAY_MS;
      for (;;) {
        signal?.throwIfAborted();
        const stale = storage.index.uploadsBefore(bucket, before, {
          prefix: rule.prefix,
          limit: PAGE,
        });
        if (stale.length === 0) break;
        await abort(storage, stale);
        aborted += stale.length;
      }
    }
  }
  return aborted;
}

function rulesOf(index: ObjectIndex, bucket: string): readonly LifecycleRule[] {
  const value = index.config(bucket, LIFECYCLE);
  const rules = value === null ? [DEFAULT_RULE] : (JSON.parse(value) as LifecycleRule[]);
  return rules.filter((rule) => rule.enabled);
}

function abort(storage: Storage, uploads: readonly UploadRow[]): Promise<null> {
  return storage.commit((index) => ({
    records: uploads
      .filter(({ id }) => index.upload(id))
      .map(({ id }) => ({ t: 'abort', upload: id }) as const),
    result: null,
  }));
}
