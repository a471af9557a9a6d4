import { createHash, randomBytes } from 'node:crypto';
import { commitStaged, type Storage } from './storage.ts';

/** For tests: told what each step of the story is about to change, and when that is acknowledged. */
export interface Telling {
  /** Key → hash of the coming content, null for a deletion. */
  begins(change: ReadonlyMap<string, string | null>): void;
  isDone(change: ReadonlyMap<string, string | null>): void;
}

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Of what stands at the key. */
export async function hashOf(storage: Storage, key: string): Promise<string> {
  const hash = createHash('sha256');
  const content = storage.open(storage.index.object('b', key)?.extents ?? []);
  try {
    for await (const bytes of content.chunks()) hash.update(bytes);
  } finally {
    content.close();
  }
  return hash.digest('hex');
}

async function stage(storage: Storage, bytes: Buffer) {
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += 60_000) yield bytes.subarray(at, at + 60_000);
  };
  return await storage.stage(pieces(), bytes.length);
}

async function put(storage: Storage, key: string, bytes: Buffer): Promise<void> {
  const staged = await stage(storage, bytes);
  const { size, content, inline } = staged;
  const facts = { bucket: 'b', key, size, etag: 'e', at: 1, headers: {}, checksums: {} };
  await commitStaged(storage, staged, () => ({
    records: [{ t: 'put', ...facts, ...content }],
    ...(inline ? { inline } : {}),
    result: null,
  }));
}

async function putPart(storage: Storage, place: { upload: string; number: number }, bytes: Buffer) {
  const staged = await stage(storage, bytes);
  const { size, content, inline } = staged;
  const facts = { ...place, size, etag: 'e', at: 1, checksums: {} };
  await commitStaged(storage, staged, () => ({
    records: [{ t: 'part', ...facts, ...content }],
    ...(inline ? { inline } : {}),
    result: null,
  }));
}

const copy = (storage: Storage, from: string, key: string): Promise<null> =>
  storage.commit((index) => {
    const row = index.object('b', from);
    if (!row) throw new Error(`${from} is missing`);
    const { size, etag, headers, checksums, extents } = row;
    const facts = { bucket: 'b', key, size, etag, at: 1, headers, checksums, extents };
    return { records: [{ t: 'put', ...facts, copied: true }], result: null };
  });

const remove = (storage: Storage, key: string): Promise<null> =>
  storage.commit(() => ({ records: [{ t: 'del', bucket: 'b', key }], result: null }));

const begin = (storage: Storage, upload: string): Promise<null> => {
  const record = { t: 'multipart', upload, bucket: 'b', key: upload, at: 1, headers: {} } as const;
  return storage.commit(() => ({ records: [record], result: null }));
};

/** Fails, if any does, when none runs any more. */
async function allSettled(work: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** Every way to change a store, one after the other; small and large content. */
export async function runStory(storage: Storage, telling: Telling): Promise<void> {
  const [small, large, other] = [randomBytes(500), randomBytes(150_000), randomBytes(90_000)];
  const step = async (
    change: Record<string, Buffer | null>,
    work: () => Promise<unknown>,
  ): Promise<void> => {
    const entries = Object.entries(change);
    const hashes = new Map(entries.map(([key, bytes]) => [key, bytes && sha(bytes)]));
    telling.begins(hashes);
    await work();
    telling.isDone(hashes);
  };
  const bucket = { t: 'bucket', name: 'b', at: 1 } as const;
  await step({}, () => storage.commit(() => ({ records: [bucket], result: null })));
  await step({ small }, () => put(storage, 'small', small));
  await step({ large }, () => put(storage, 'large', large));
  await step({ large: other }, () => put(storage, 'large', other));
  await step({ small: other }, () => put(storage, 'small', other));
  await step({ small }, () => put(storage, 'small', small));
  await step({ twin: other }, () => copy(storage, 'large', 'twin'));
  await step({ little: small }, () => copy(storage, 'small', 'little'));
  await step({ together: small, at: large, once: other }, () =>
    allSettled([
      put(storage, 'together', small),
      put(storage, 'at', large),
      put(storage, 'once', other),
    ]),
  );
  await step({}, () => begin(storage, 'joined'));
  for (const [number, bytes] of [large, small, other].entries()) {
    await step({}, () => putPart(storage, { upload: 'joined', number: number + 1 }, bytes));
  }
  await step({}, () => putPart(storage, { upload: 'joined', number: 3 }, large));
  await step({}, () => begin(storage, 'given-up'));
  await step({}, () => putPart(storage, { upload: 'given-up', number: 1 }, large));
  await step({}, () => storage.compact());
  const done = { t: 'done', upload: 'joined', parts: [1, 2], etag: 'e', at: 1 } as const;
  const size = large.length + small.length;
  await step({ joined: Buffer.concat([large, small]) }, () =>
    storage.commit(() => ({ records: [{ ...done, size, checksums: {} }], result: null })),
  );
  const abort = { t: 'abort', upload: 'given-up' } as const;
  await step({}, () => storage.commit(() => ({ records: [abort], result: null })));
  await step({ large: null }, () => remove(storage, 'large'));
  await step({ twin: null }, () => remove(storage, 'twin'));
  await step({ small: null }, () => remove(storage, 'small'));
  await step({}, () => storage.compact());
  await step({}, () => storage.journal.removeRetired(Number.POSITIVE_INFINITY));
  await step({ last: large }, () => put(storage, 'last', large));
}
