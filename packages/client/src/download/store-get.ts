import { ClientError, isClientError } from '../errors/client-error.ts';
import type { ByteRange, TransportAnswer, TransportRequest } from '../ports.ts';
import { parseRetryAfter } from '../retry/retry-after.ts';
import { LONG_PATIENCE, withRetry } from '../retry/with-retry.ts';
import type { Slots } from '../transfer/adaptive-slots.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import type { DownloadLink, SignedUrl } from './download-url.ts';

/** No byte for so long: the connection is dead whatever TCP thinks of it. */
const STALL_MS = 30_000;
/** A URL that is refused even when fresh will not get better. */
const MAX_RENEWALS = 3;
/** A cache on the way that answers something else may know better a moment later. */
const MAX_MISFITS = 3;
const MISFIT_PAUSE_MS = 250;
const EXPIRED = new Set([403, 410]);
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

export interface StoreGet {
  readonly url: SignedUrl;
  readonly range: ByteRange;
  /** Of the whole object: a range that covers it is asked for without `Range`. */
  readonly objectSize: number;
  /** Stored in another form: its length says nothing of how many bytes come. */
  readonly isEncoded?: boolean;
  /** Takes the bytes; at least `range.size` long. */
  readonly into: Uint8Array;
  readonly slots: Slots;
  readonly signal: AbortSignal;
  /** Bytes received; negative when a failed try takes its bytes back. */
  onReceived(bytes: number): void;
}

/**
 * GETs one range of an object, whole. Answers a view into `into`. Throws `content-corrupt` when something
 * else keeps coming instead.
 */
export function storeGet(
  deps: Pick<TransferDeps, 'transport' | 'ambient'>,
  get: StoreGet,
): Promise<Uint8Array> {
  const { ambient } = deps;
  let renewals = 0;
  let misfits = 0;
  const once = async (): Promise<Uint8Array> => {
    for (;;) {
      const link = await get.url.get();
      const answer = await ask(deps, get, link);
      if (answer === null) {
        get.url.refused(link.url);
        continue;
      }
      if (answer.status === 200 || answer.status === 206) {
        const bytes = fits(get, answer) ? await receive(get, answer) : await hangUp(answer);
        if (bytes !== null) return bytes;
        if (++misfits > MAX_MISFITS) throw misfit(answer);
        await ambient.sleep(MISFIT_PAUSE_MS * misfits, get.signal);
        continue;
      }
      if (!EXPIRED.has(answer.status) || ++renewals > MAX_RENEWALS) {
        throw await refusal(answer, get.slots);
      }
      await answer.bytes();
      get.url.refused(link.url);
    }
  };
  return withRetry(once, { ambient, policy: LONG_PATIENCE, signal: get.signal });
}

/**
 * Null where cookies were to open it and nothing came: to a page, an answer whose CORS headers don't
 * take cookies looks like a broken connection, however often it is asked for.
 */
async function ask(
  { transport }: Pick<TransferDeps, 'transport'>,
  get: StoreGet,
  link: DownloadLink,
): Promise<TransportAnswer | null> {
  try {
    return await transport.send(requestFor(get, link));
  } catch (error) {
    if (link.needsCookies && isClientError(error, 'unreachable')) return null;
    throw error;
  }
}

function requestFor(
  { range, objectSize, isEncoded = false, into, signal }: StoreGet,
  { url, needsCookies }: DownloadLink,
): TransportRequest {
  const whole = range.offset === 0 && range.size === objectSize;
  const last = range.offset + range.size - 1;
  return {
    method: 'GET',
    url,
    headers: whole ? {} : { range: `bytes=${range.offset}-${last}` },
    // Decoded on the way, in pieces of no announced length.
    ...(isEncoded ? { decode: true } : { into: into.subarray(0, range.size) }),
    ...(needsCookies ? { withCookies: true } : {}),
    signal,
    idleTimeoutMs: STALL_MS,
  };
}

/** Null for a body that ends too early, and not because the connection broke, or can't be decoded. */
async function receive(get: StoreGet, answer: TransportAnswer): Promise<Uint8Array | null> {
  const { size } = get.range;
  let received = 0;
  let complete = false;
  try {
    for await (const piece of answer.body) {
      if (received + piece.length > size) throw tooLong();
      // Unless the transport has put it there.
      if (piece.buffer !== get.into.buffer) get.into.set(piece, received);
      received += piece.length;
      get.slots.moved(piece.length);
      get.onReceived(piece.length);
    }
    complete = received === size;
    return complete ? get.into.subarray(0, size) : null;
  } catch (error) {
    if (get.isEncoded && isClientError(error, 'content-corrupt')) return null;
    throw error;
  } finally {
    if (!complete) get.onReceived(-received);
  }
}

/** A cache between us and the store may answer with something else than was asked for. */
function fits({ range, objectSize }: StoreGet, answer: TransportAnswer): boolean {
  const length = answer.header('content-length');
  const isEncoded = answer.header('content-encoding') !== null;
  if (!isEncoded && length !== null && Number(length) !== range.size) return false;
  const last = range.offset + range.size - 1;
  return answer.status === 200
    ? range.offset === 0 && range.size === objectSize
    : answer.header('content-range') === `bytes ${range.offset}-${last}/${objectSize}`;
}

function misfit(answer: TransportAnswer): ClientError {
  const type = answer.header('content-type') ?? 'of no type';
  const range = answer.header('content-range') ?? 'no range';
  return new ClientError(
    'content-corrupt',
    `The download server answered something else than the bytes asked for (${answer.status}, ${type}, ${range}).`,
  );
}

/** Frees the connection without reading on. */
async function hangUp(answer: TransportAnswer): Promise<null> {
  for await (const _ of answer.body) break;
  return null;
}

function tooLong(): ClientError {
  return new ClientError('content-corrupt', 'The store sent more bytes than the file has.');
}

async function refusal(answer: TransportAnswer, slots: Slots): Promise<ClientError> {
  const text = new TextDecoder().decode(await answer.bytes());
  const code = /<Code>([^<]{1,64})<\/Code>/.exec(text)?.[1] ?? 'no reason given';
  const retryAfter = parseRetryAfter(answer.header('retry-after'));
  if (answer.status === 503 || answer.status === 429) slots.overloaded();
  const detail = `The object store answered ${answer.status} (${code}).`;
  if (PASSING.has(answer.status)) return new ClientError('store-busy', detail, { retryAfter });
  return new ClientError('store-refused', detail);
}
