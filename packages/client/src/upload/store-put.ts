import { AppError } from '@valise/core/errors';
import type { PartRequest } from '@valise/core/wire';
import { ClientError } from '../errors/client-error.ts';
import type { TransportAnswer } from '../ports.ts';
import { parseRetryAfter } from '../retry/retry-after.ts';
import { LONG_PATIENCE, withRetry } from '../retry/with-retry.ts';
import type { Slots } from '../transfer/adaptive-slots.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';

/** No byte for so long: the connection is dead whatever TCP thinks of it. */
const STALL_MS = 30_000;
/** A URL that is refused even when fresh will not get better. */
const MAX_RENEWALS = 3;
/** Passing troubles; 400 is a body that was damaged or cut short on the way, or a time-out. */
const PASSING = new Set([400, 408, 409, 429, 500, 502, 503, 504]);

export interface StorePut {
  readonly size: number;
  /** The bytes that belong to that request; asked for at each try. */
  body(request: PartRequest): Promise<Uint8Array | Blob>;
  /** The request to use; called anew with `renew` after the store refused the last one. */
  request(options: { readonly renew: boolean }): Promise<PartRequest>;
  readonly slots: Slots;
  readonly signal: AbortSignal;
  /** Bytes on their way; negative when a failed try takes its bytes back. */
  onSent(bytes: number): void;
}

/**
 * PUTs one part to the store. Answers its ETag, or null where something else has finished it
 * already (the object is there, or the store's upload is gone): completing judges that.
 */
export function storePut(
  deps: Pick<TransferDeps, 'transport' | 'ambient'>,
  put: StorePut,
): Promise<string | null> {
  let renewals = 0;
  let renew = false;
  const once = async (): Promise<string | null> => {
    for (;;) {
      const answer = await send(deps, put, await put.request({ renew }));
      renew = answer.status === 403;
      if (answer.status < 300) return unquoted(answer.header('etag'));
      if (answer.status === 412 || answer.status === 404) return null;
      if (!renew || ++renewals > MAX_RENEWALS) throw await refusal(answer, put.slots);
    }
  };
  const { ambient } = deps;
  return withRetry(once, { ambient, policy: LONG_PATIENCE, signal: put.signal });
}

/** One try; takes its bytes back from the progress when it fails. Reads short bodies whole. */
async function send(
  deps: Pick<TransferDeps, 'transport'>,
  put: StorePut,
  request: PartRequest,
): Promise<StoreAnswer> {
  let sent = 0;
  const account = (bytes: number) => {
    sent += bytes;
    put.slots.moved(Math.max(bytes, 0));
    put.onSent(bytes);
  };
  const content = await put.body(request);
  let stands = false;
  try {
    const answer = await deps.transport.send({
      method: 'PUT',
      url: request.url,
      headers: request.headers,
      ...(content instanceof Uint8Array ? { body: content } : { unread: content }),
      signal: put.signal,
      idleTimeoutMs: STALL_MS,
      onUploadProgress: account,
    });
    const text = new TextDecoder().decode(await answer.bytes());
    stands = answer.status < 300 || answer.status === 412 || answer.status === 404;
    return { status: answer.status, header: (name) => answer.header(name), text };
  } finally {
    account(stands ? put.size - sent : -sent);
  }
}

interface StoreAnswer extends Pick<TransportAnswer, 'status' | 'header'> {
  readonly text: string;
}

async function refusal(answer: StoreAnswer, slots: Slots): Promise<AppError | ClientError> {
  const code = /<Code>([^<]{1,64})<\/Code>/.exec(answer.text)?.[1] ?? 'no reason given';
  const retryAfter = parseRetryAfter(answer.header('retry-after'));
  if (answer.status === 507) return new AppError('storage-full');
  if (answer.status === 503 || answer.status === 429) slots.overloaded();
  const detail = `The object store answered ${answer.status} (${code}).`;
  if (PASSING.has(answer.status)) return new ClientError('store-busy', detail, { retryAfter });
  return new ClientError('store-refused', detail);
}

function unquoted(etag: string | null): string | null {
  return etag?.replace(/^"|"$/g, '') ?? null;
}
