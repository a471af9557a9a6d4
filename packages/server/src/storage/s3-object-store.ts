import { AppError, isAppError } from '@valise/core/errors';
import { encryptionHeaders, isEncrypted } from './encryption.ts';
import type { IoOptions, ObjectStore, StoredObject, StoredPart } from './object-store.ts';
import { type S3Call, type S3Caller, type S3Reply, StoreFault } from './s3-caller.ts';
import { escapeXml, listOf, parseXml, textOf } from './s3-xml.ts';
import { encodePath, md5Base64 } from './sigv4.ts';
import type { StoreSettings } from './store-settings.ts';

/** Assembling 10,000 parts may take a store a while before its first byte. */
const COMPLETE_IDLE_MILLISECONDS = 120_000;
/** A store that copies content instead of referring to it takes some seconds per gigabyte. */
const COPY_IDLE_MILLISECONDS = 120_000;
/** No such source or upload; a range that the source hasn't got, or is too small for. */
const NOTHING_TO_COPY: readonly number[] = [400, 404, 416];
/** What S3 takes in one DeleteObjects. */
const REMOVE_LIMIT = 1_000;

/** The port over any S3 store. `caller` brings signatures, time-outs and retries. */
export function createS3ObjectStore(caller: S3Caller, settings: StoreSettings): ObjectStore {
  async function head(key: string, options?: IoOptions): Promise<StoredObject | null> {
    const reply = await caller.call({ method: 'HEAD', key }, options);
    if (reply.status === 404) {
      // Without a body it doesn't say what is missing. A missing bucket is a mistake of ours, or of
      // whoever runs the store, and proves nothing about an object.
      await ping(options);
      return null;
    }
    expect(reply, 200);
    expectEncryption(reply, settings);
    return {
      key,
      size: Number(reply.headers['content-length']),
      etag: unquote(reply.headers.etag ?? ''),
    };
  }

  async function ping(options?: IoOptions): Promise<void> {
    expect(await caller.call({ method: 'HEAD', key: '' }, options), 200);
  }

  return {
    name: `${settings.bucket}@${settings.region}`,
    provesByListing: !settings.sse,
    head,

    async createEmpty(key, options) {
      const request = { method: 'PUT', key, headers: encryptionHeaders(settings) } as const;
      const reply = await caller.call(request, options);
      expect(reply, 200);
      expectEncryption(reply, settings);
      return (await head(key, options)) ?? { key, size: 0, etag: '' };
    },

    async createMultipart(key, { mimeType, ...options }) {
      const headers = { 'content-type': mimeType, ...encryptionHeaders(settings) };
      const reply = await caller.call(
        { method: 'POST', key, query: { uploads: '' }, headers },
        options,
      );
      expect(reply, 200);
      expectEncryption(reply, settings);
      return textOf(parseXml(reply.body).root, 'UploadId');
    },

    async listMultiparts(key, options) {
      const ids: string[] = [];
      let marker: Record<string, string> = {};
      for (;;) {
        const query = { uploads: '', prefix: key, ...marker };
        const reply = await caller.call({ method: 'GET', key: '', query }, options);
        expect(reply, 200);
        const { root } = parseXml(reply.body);
        for (const upload of listOf(root, 'Upload')) {
          if (textOf(upload, 'Key') === key) ids.push(textOf(upload, 'UploadId'));
        }
        const next = textOf(root, 'NextKeyMarker');
        // Those of one key stand together, before all longer ones.
        if (textOf(root, 'IsTruncated') !== 'true' || next !== key) return ids;
        marker = { 'key-marker': next, 'upload-id-marker': textOf(root, 'NextUploadIdMarker') };
      }
    },

    async listParts(key, storeUploadId, { from = 1, to = Infinity, ...options } = {}) {
      const parts: StoredPart[] = [];
      let marker = from - 1;
      for (;;) {
        const query = { uploadId: storeUploadId, 'part-number-marker': String(marker) };
        const reply = await caller.call({ method: 'GET', key, query }, options);
        if (isMissing(reply)) return null;
        expect(reply, 200);
        const { root } = parseXml(reply.body);
        for (const part of listOf(root, 'Part')) {
          const partNumber = Number(textOf(part, 'PartNumber'));
          const size = Number(textOf(part, 'Size'));
          if (partNumber <= to)
            parts.push({ partNumber, size, etag: unquote(textOf(part, 'ETag')) });
        }
        const next = Number(textOf(root, 'NextPartNumberMarker'));
        if (textOf(root, 'IsTruncated') !== 'true' || next <= marker || next >= to) return parts;
        marker = next;
      }
    },

    async copyPart(key, storeUploadId, { partNumber, source, from, size, ...options }) {
      const reply = await caller.call(
        {
          method: 'PUT',
          key,
          query: { uploadId: storeUploadId, partNumber: String(partNumber) },
          headers: {
            'x-amz-copy-source': `/${encodePath(settings.bucket)}/${encodePath(source)}`,
            'x-amz-copy-source-range': `bytes=${from}-${from + size - 1}`,
          },
          idleMilliseconds: COPY_IDLE_MILLISECONDS,
        },
        options,
      );
      if (NOTHING_TO_COPY.includes(reply.status)) return null;
      expect(reply, 200);
      const { name, root } = parseXml(reply.body);
      // A copy, too, may fail after its 200 has been sent.
      const etag = unquote(textOf(root, 'ETag'));
      if (name === 'Error' || etag === '') throw unexpected(reply);
      return { partNumber, size, etag };
    },

    async completeMultipart(key, storeUploadId, { parts, size, ...options }) {
      const call: S3Call = {
        method: 'POST',
        key,
        query: { uploadId: storeUploadId },
        headers: { 'content-type': 'application/xml' },
        body: completionBody(parts),
        idleMilliseconds: COMPLETE_IDLE_MILLISECONDS,
      };
      let reply: S3Reply;
      try {
        reply = await caller.call(call, options);
      } catch (error) {
        // Ceph 16 says 500 for ever of an upload that it doesn't know (any more).
        if (!answered500(error)) throw error;
        const query = { uploadId: storeUploadId };
        const listing = await caller.call({ method: 'GET', key, query }, options);
        if (!isMissing(listing)) throw error;
        return head(key, options);
      }
      // 404: another completed it already, or nobody ever will. The object decides. S3 may also
      // answer 200 and say in the body that it failed.
      if (isMissing(reply)) return head(key, options);
      expect(reply, 200);
      const { name, root } = parseXml(reply.body);
      if (name === 'Error') {
        const settled = await head(key, options);
        if (settled !== null) return settled;
        throw unexpected(reply);
      }
      const etag = unquote(textOf(root, 'ETag'));
      // Ceph leaves the ETag of a completion empty; not every store says there how it encrypts.
      return etag === '' || settings.sse ? head(key, options) : { key, size, etag };
    },

    async abortMultipart(key, storeUploadId, options) {
      const query = { uploadId: storeUploadId };
      const reply = await caller.call({ method: 'DELETE', key, query }, options);
      if (!isMissing(reply)) expect(reply, 204, 200);
    },

    async list(prefix, options) {
      const objects: StoredObject[] = [];
      let token = '';
      for (;;) {
        const query: Record<string, string> = { 'list-type': '2', prefix };
        if (token !== '') query['continuation-token'] = token;
        const reply = await caller.call({ method: 'GET', key: '', query }, options);
        expect(reply, 200);
        const { root } = parseXml(reply.body);
        for (const entry of listOf(root, 'Contents')) {
          objects.push({
            key: textOf(entry, 'Key'),
            size: Number(textOf(entry, 'Size')),
            etag: unquote(textOf(entry, 'ETag')),
          });
        }
        token = textOf(root, 'NextContinuationToken');
        if (textOf(root, 'IsTruncated') !== 'true' || token === '') return objects;
      }
    },

    async remove(keys, options) {
      for (let at = 0; at < keys.length; at += REMOVE_LIMIT) {
        const some = keys.slice(at, at + REMOVE_LIMIT);
        const objects = some.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`).join('');
        const body = `<Delete><Quiet>true</Quiet>${objects}</Delete>`;
        const headers = { 'content-md5': md5Base64(body), 'content-type': 'application/xml' };
        const request = { method: 'POST', key: '', query: { delete: '' }, headers, body } as const;
        const reply = await caller.call(request, options);
        expect(reply, 200);
        if (listOf(parseXml(reply.body).root, 'Error').length > 0) throw unexpected(reply);
      }
    },

    ping,
  };
}

function completionBody(parts: readonly StoredPart[]): string {
  const list = parts.map(
    ({ partNumber, etag }) =>
      `<Part><PartNumber>${partNumber}</PartNumber><ETag>"${escapeXml(etag)}"</ETag></Part>`,
  );
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${list.join('')}</CompleteMultipartUpload>`;
}

function answered500(error: unknown): boolean {
  return (
    isAppError(error, 'store-unavailable') &&
    error.cause instanceof StoreFault &&
    error.cause.status === 500
  );
}

/** A store that doesn't know the header ignores it, and people would believe their files encrypted. */
function expectEncryption(reply: S3Reply, settings: StoreSettings): void {
  if (isEncrypted(reply.headers, settings)) return;
  throw new AppError(
    'store-unencrypted',
    `The object store does not encrypt as S3_SSE=${settings.sse} asks it to: whoever runs the server has to see to it.`,
  );
}

function unquote(etag: string): string {
  return etag.replace(/^"|"$/g, '');
}

/** Whether the store says that there is no such upload or key; throws if it is the bucket. */
function isMissing(reply: S3Reply): boolean {
  if (reply.status !== 404) return false;
  if (reply.body.includes('<Code>NoSuchBucket</Code>')) throw unexpected(reply);
  return true;
}

function expect(reply: S3Reply, ...statuses: readonly number[]): void {
  if (!statuses.includes(reply.status)) throw unexpected(reply);
}

/** The store's code goes to the log by `cause`; the caller only learns that it's the store. */
function unexpected(reply: S3Reply): AppError {
  const code = /<Code>([A-Za-z]+)<\/Code>/.exec(reply.body)?.[1] ?? 'no code';
  const cause = new Error(`The store answered ${reply.status} ${code}`);
  if (reply.status === 507 || code === 'InsufficientStorage' || code === 'QuotaExceeded') {
    return new AppError('storage-full', 'The object store has no space left.', { cause });
  }
  return new AppError('store-unavailable', 'The object store refused a request of ours.', {
    cause,
  });
}
