import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { IoOptions } from './object-store.ts';
import { type S3Call, type S3Caller, type S3Reply, StoreFault } from './s3-caller.ts';
import { createSigV4, EMPTY_SHA256, encodeQuery } from './sigv4.ts';
import { storeAddress } from './store-address.ts';
import { createStoreAgent } from './store-agent.ts';
import type { StoreSettings } from './store-settings.ts';

/** Control calls are small; more sockets than this would only queue inside the store. */
const MAX_SOCKETS = 64;
/** A store that neither connects nor says a word for so long is taken for away. */
const IDLE_MILLISECONDS = 10_000;
/** A ListParts page is ~300 KB; anything much larger isn't S3. */
const MAX_REPLY_BYTES = 16 * 1024 * 1024;

/** Signed S3 calls over kept-alive connections; one attempt each. */
export function createHttpS3Caller(settings: StoreSettings, now: () => Date): S3Caller {
  const address = storeAddress(settings.endpoint, settings);
  const sigv4 = createSigV4(settings, settings.region);
  const connections = { keepAlive: true, maxSockets: MAX_SOCKETS };
  const { agent, send } = createStoreAgent(settings, connections);

  async function call(request: S3Call, { signal }: IoOptions = {}): Promise<S3Reply> {
    const body = request.body ?? '';
    const path = address.pathOf(request.key);
    const headers = sigv4.authorize(
      {
        method: request.method,
        host: address.host,
        path,
        ...(request.query === undefined ? {} : { query: request.query }),
        headers: { ...request.headers, 'content-length': String(Buffer.byteLength(body)) },
        payloadHash: body === '' ? EMPTY_SHA256 : hash('sha256', body),
      },
      now(),
    );
    const query = encodeQuery(request.query ?? {});
    const reply = await new Promise<S3Reply>((resolve, reject) => {
      const outgoing = send(
        `${address.origin}${path}${query === '' ? '' : `?${query}`}`,
        { method: request.method, headers, agent, ...(signal === undefined ? {} : { signal }) },
        (incoming) => {
          readReply(incoming).then(resolve, reject);
        },
      );
      outgoing.setTimeout(request.idleMilliseconds ?? IDLE_MILLISECONDS, () => {
        outgoing.destroy(new StoreFault('The store kept silent.'));
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      if (error instanceof StoreFault) throw error;
      throw new StoreFault('The store cannot be reached.', { cause: error });
    });
    return throwTransient(reply);
  }

  return { call, close: () => agent.destroy() };
}

async function readReply(incoming: IncomingMessage): Promise<S3Reply> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > MAX_REPLY_BYTES) throw new StoreFault('The store’s answer is too long.');
    pieces.push(piece);
  }
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body: Buffer.concat(pieces).toString('utf8'),
  };
}

/** 507 stays a reply: a full store doesn't empty itself while we wait. */
function throwTransient(reply: S3Reply): S3Reply {
  const transient =
    reply.status === 429 ||
    (reply.status >= 500 && reply.status !== 501 && reply.status !== 507) ||
    /<Code>(SlowDown|InternalError|ServiceUnavailable|RequestTimeout)<\/Code>/.test(reply.body);
  if (!transient) return reply;
  const seconds = Number(reply.headers['retry-after']);
  throw new StoreFault(`The store answered ${reply.status}.`, {
    retryAfter: Number.isFinite(seconds) ? seconds : undefined,
  });
}
