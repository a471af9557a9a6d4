import type { Part, PartRequest } from '@valise/core/wire';
import type { PartHashes, UploadRef } from '../api/uploads-api.ts';
import { ClientError } from '../errors/client-error.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import type { PartHashLookup } from './part-hashes.ts';

/** What one call may ask for. */
const MAX_PER_CALL = 500;
/**
 * How many of the following parts to ask for along with one, where their hashes are known: few
 * calls, and still no more URLs than are used before they expire.
 */
const AHEAD = 100;
/** A URL about to expire is not begun with. */
const MARGIN_MS = 30_000;

export interface PartRequestOptions {
  /** `sha256:…` of the bytes. */
  readonly hash: string;
  /** Not the one given last: the store refused it. */
  readonly renew: boolean;
}

/** Hands out the presigned requests of one upload's parts. */
export interface PartRequests {
  get(partNumber: number, options: PartRequestOptions): Promise<PartRequest>;
  /** The part is up: thousands of URLs would add up. */
  forget(partNumber: number): void;
}

interface Waiter {
  readonly hash: string;
  readonly resolve: (request: PartRequest) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * While one call for URLs is under way, everybody else's wishes gather and go out together in the
 * next: however many parts run side by side, there is at most one call at a time, and no delay
 * for the first. `parts` are those still to be sent.
 */
export function createPartRequests(
  deps: Pick<TransferDeps, 'api' | 'ambient'>,
  upload: UploadRef,
  options: {
    readonly parts: readonly Part[];
    readonly hashes: PartHashLookup;
    readonly signal: AbortSignal;
  },
): PartRequests {
  const known = new Map<number, PartRequest>();
  const planned = new Map(options.parts.map((part) => [part.partNumber, part]));
  const open = new Map(planned);
  const waiting = new Map<number, Waiter>();
  let calling = false;
  const learn = (parts: readonly Part[]) => {
    for (const part of parts) {
      const own = planned.get(part.partNumber);
      // A plan made anew has other ranges under these numbers: such a URL isn't for our bytes.
      const isOurs = own?.offset === part.offset && own.size === part.size;
      if (isOurs && part.request !== undefined) known.set(part.partNumber, part.request);
    }
  };
  learn(options.parts);

  function* ahead(): Generator<readonly [number, string]> {
    for (const part of open.values()) {
      const request = known.get(part.partNumber);
      const hash =
        request !== undefined && isFresh(request, deps.ambient.now()) ? null : options.hashes(part);
      if (hash !== null) yield [part.partNumber, hash];
    }
  }
  const callFor = async (batch: ReadonlyMap<number, Waiter>) => {
    const wish = wishFor(batch, ahead());
    const parts = await deps.api.uploads.partUrls(upload, wish, {
      signal: options.signal,
      patient: true,
    });
    learn(parts);
    for (const [partNumber, waiter] of batch) {
      const request = known.get(partNumber);
      if (request !== undefined) waiter.resolve(request);
      else waiter.reject(new ClientError('broken-answer', `No URL came for part ${partNumber}.`));
    }
  };
  // The call just ended may have asked ahead for what was wished for meanwhile.
  const serveKnown = () => {
    for (const [partNumber, waiter] of waiting) {
      const request = known.get(partNumber);
      if (request === undefined) continue;
      waiting.delete(partNumber);
      waiter.resolve(request);
    }
  };
  const flush = async () => {
    calling = true;
    for (; waiting.size > 0; serveKnown()) {
      const batch = new Map([...waiting].slice(0, MAX_PER_CALL));
      for (const partNumber of batch.keys()) waiting.delete(partNumber);
      await callFor(batch).catch((error: unknown) => {
        for (const waiter of batch.values()) waiter.reject(error);
      });
    }
    calling = false;
  };

  return {
    async get(partNumber, { hash, renew }) {
      open.delete(partNumber);
      const request = known.get(partNumber);
      if (!renew && request !== undefined && isFresh(request, deps.ambient.now())) return request;
      known.delete(partNumber);
      const { promise, resolve, reject } = Promise.withResolvers<PartRequest>();
      waiting.set(partNumber, { hash, resolve, reject });
      if (!calling) void flush();
      return promise;
    },
    forget(partNumber) {
      known.delete(partNumber);
    },
  };
}

function wishFor(
  batch: ReadonlyMap<number, Waiter>,
  ahead: Iterable<readonly [number, string]>,
): Required<PartHashes> {
  const hashes = new Map([...batch].map(([partNumber, { hash }]) => [partNumber, hash]));
  const most = Math.min(batch.size + AHEAD, MAX_PER_CALL);
  for (const [partNumber, hash] of ahead) {
    if (hashes.size >= most) break;
    hashes.set(partNumber, hash);
  }
  return { partNumbers: [...hashes.keys()], hashes: Object.fromEntries(hashes) };
}

function isFresh(request: PartRequest, now: number): boolean {
  return Date.parse(request.expiresAt) - now > MARGIN_MS;
}
