import { encryptionHeaders } from './encryption.ts';
import type { IoOptions, ObjectStore, StoredObject } from './object-store.ts';
import type { S3Caller } from './s3-caller.ts';
import { createS3Multiparts } from './s3-multiparts.ts';
import { expect, expectEncryption, unexpected, unquote } from './s3-replies.ts';
import { escapeXml, listOf, parseXml, textOf } from './s3-xml.ts';
import { md5Base64 } from './sigv4.ts';
import type { StoreSettings } from './store-settings.ts';

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
    ping,
    ...createS3Multiparts(caller, settings, head),

    async createEmpty(key, options) {
      const request = { method: 'PUT', key, headers: encryptionHeaders(settings) } as const;
      const reply = await caller.call(request, options);
      expect(reply, 200);
      expectEncryption(reply, settings);
      return (await head(key, options)) ?? { key, size: 0, etag: '' };
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
  };
}
