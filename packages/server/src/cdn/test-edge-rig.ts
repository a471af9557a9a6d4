import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import type { ContentEncoding } from '@valise/core/wire';
import { startTestStore } from '../storage/test-store.ts';
import type { SignedCdn } from './cdn-settings.ts';
import { createEdgeDownloadSigner } from './edge-download-signer.ts';
import { startTestEdge, type TestEdge } from './test-edge.ts';
import { startTestOrigin, type TestOrigin } from './test-origin.ts';

export const EDGE_TYPE = 'application/x-test';

export interface StoredTest {
  readonly key: string;
  /** What the store holds. */
  readonly body: Buffer;
  readonly url: string;
  /** The URL without its origin. */
  readonly target: string;
  sign(cdn?: Partial<SignedCdn>, address?: string): string;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The real edge before a store that can be told to fail. */
export interface EdgeRig {
  readonly edge: TestEdge;
  readonly origin: TestOrigin;
  /** So many random bytes, or the given ones, and a link to them. */
  stored(content: number | Buffer, how?: StoredAs): Promise<StoredTest>;
  /** Sends the target as it stands: no client tidies it up. */
  raw(target: string, options?: RequestOptions): Promise<RawAnswer>;
  close(): Promise<void>;
}

export interface StoredAs {
  readonly contentEncoding?: ContentEncoding;
  /** Of the file, where it isn't stored as it is. */
  readonly size?: number;
}

export async function startEdgeRig(env: Readonly<Record<string, string>> = {}): Promise<EdgeRig> {
  const store = await startTestStore();
  const origin = await startTestOrigin(store.settings.endpoint);
  const edge = await startTestEdge({ ...store.settings, endpoint: origin.url }, env);
  return {
    edge,
    origin,
    async stored(content, { contentEncoding, size } = {}) {
      const key = `v1/abc/${randomUUID()}/000`;
      const body = typeof content === 'number' ? randomBytes(content) : content;
      const encoded = contentEncoding === undefined ? {} : { contentEncoding };
      const object = { key, size: body.length, mimeType: EDGE_TYPE, ...encoded };
      const { url, method, headers } = store.storage.uploads.putObject(object);
      const sent = await fetch(url, { method, headers: { ...headers }, body });
      assert.equal(sent.status, 200);
      const target = { ...object, name: 'a b.bin', size: size ?? body.length };
      const sign: StoredTest['sign'] = (cdn = {}, address) =>
        createEdgeDownloadSigner({ ...edge.cdn, ...cdn }, () => new Date()).sign({
          ...target,
          address,
        }).url;
      const signed = sign();
      return { key, body, sign, url: signed, target: signed.slice(edge.cdn.url.length) };
    },
    raw: (path, options = {}) => send({ port: edge.port, path, ...options }),
    async close() {
      await edge.close();
      await origin.close();
      await store.close();
    },
  };
}

function send(options: RequestOptions): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', agent: false, ...options }, (answer) => {
      answer.toArray().then((pieces) => {
        const { statusCode: status = 0, headers } = answer;
        resolve({ status, headers, body: Buffer.concat(pieces as Buffer[]) });
      }, reject);
    })
      .once('error', reject)
      .end();
  });
}
