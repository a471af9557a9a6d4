import { isAppError } from '@valise/core/errors';
import { encryptionHeaders } from './encryption.ts';
import type { ObjectStore, StoredPart } from './object-store.ts';
import { type S3Call, type S3Caller, type S3Reply, StoreFault } from './s3-caller.ts';
import { expect, expectEncryption, isMissing, unexpected, unquote } from './s3-replies.ts';
import { escapeXml, listOf, parseXml, textOf } from './s3-xml.ts';
import { encodePath } from './sigv4.ts';
import type { StoreSettings } from './store-settings.ts';

/** Assembling 10,000 parts may take a store a while before its first byte. */
const COMPLETE_IDLE_MILLISECONDS = 120_000;
/** A store that copies content instead of referring to it takes some seconds per gigabyte. */
const COPY_IDLE_MILLISECONDS = 120_000;
/** No such source or upload; a range that the source hasn't got, or is too small for. */
const NOTHING_TO_COPY: readonly number[] = [400, 404, 416];

type Multiparts = Pick<
  ObjectStore,
  | 'createMultipart'
  | 'listMultiparts'
  | 'listParts'
  | 'copyPart'
  | 'completeMultipart'
  | 'abortMultipart'
>;

/** What the port says of objects in parts. `head` tells of the object that came of them. */
export function createS3Multiparts(
  caller: S3Caller,
  settings: StoreSettings,
  head: ObjectStore['head'],
): Multiparts {
  return {
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
