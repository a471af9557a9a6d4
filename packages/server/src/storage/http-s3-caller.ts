import { hash } from 'node:crypto';
import type { ClientRequest, IncomingMessage } from 'node:http';
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
/** Nor does a call wait longer for its turn: with the former it is answered within 20 s. */
const QUEUE_MILLISECONDS = 10_000;
/** A store that says a byte now and then must have said all in so many idle times. */
const TOTAL_PER_IDLE = 6;
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
    const url = `${address.origin}${path}${query === '' ? '' : `?${query}`}`;
    const reply = await exchange(
      request,
      (answered) => {
        const options = { method: request.method, headers, agent };
        return send(url, options, answered).end(body);
      },
      signal,
    ).catch((error: unknown) => {
      signal?.throwIfAborted();
      if (error instanceof StoreFault) throw error;
      throw new StoreFault('The store cannot be reached.', { cause: error });
    });
    return throwTransient(reply);
  }

  return { call, close: () => agent.destroy() };
}

/**
 * One request and its whole answer, within the call's limits. A request still waiting for its
 * connection tells nobody that it was destroyed, hence the rejections at hand.
 */
function exchange(
  call: S3Call,
  open: (answered: (incoming: IncomingMessage) => void) => ClientRequest,
  signal: AbortSignal | undefined,
): Promise<S3Reply> {
  const idle = call.idleMilliseconds ?? IDLE_MILLISECONDS;
  const { promise, resolve, reject } = Promise.withResolvers<S3Reply>();
  signal?.throwIfAborted();
  const outgoing = open((incoming) => void readReply(incoming).then(resolve, reject));
  const giveUp = (reason: unknown): void => {
    reject(reason);
    outgoing.destroy();
  };
  const after = (milliseconds: number, what: string) =>
    setTimeout(() => giveUp(new StoreFault(what)), milliseconds);
  const abort = () => giveUp(signal?.reason);
  signal?.addEventListener('abort', abort);
  outgoing.on('error', reject);
  outgoing.setTimeout(idle, () => giveUp(new StoreFault('The store kept silent.')));
  const queue = after(Math.min(QUEUE_MILLISECONDS, idle), 'All connections to the store are busy.');
  outgoing.once('socket', () => clearTimeout(queue));
  const total = after(idle * TOTAL_PER_IDLE, 'The store answers too slowly.');
  return promise.finally(() => {
    clearTimeout(queue);
    clearTimeout(total);
    signal?.removeEventListener('abort', abort);
  });
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
    status: reply.status,
    retryAfter: Number.isFinite(seconds) ? seconds : undefined,
  });
}
