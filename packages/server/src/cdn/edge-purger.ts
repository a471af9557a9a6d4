import { createHmac } from 'node:crypto';
import type { SignedCdn } from './cdn-settings.ts';

export interface PurgedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
}

/** Tells whoever keeps copies of objects that they are gone for good. */
export interface CdnPurger {
  /** May be repeated. Throws when an answer is missing or a refusal: then nothing is certain. */
  purge(objects: readonly PurgedObject[]): Promise<void>;
}

const ORDER_SECONDS = 60;
const TIMEOUT_MS = 10_000;

/** For our own edges, each told by itself: a body signed like their links. */
export function createEdgePurger(cdn: SignedCdn, now: () => Date): CdnPurger {
  return {
    async purge(objects) {
      const expires = Math.floor(now().getTime() / 1000) + ORDER_SECONDS;
      const body = JSON.stringify({ expires, objects });
      const proof = createHmac('sha256', cdn.key).update(body).digest('hex');
      const authorization = `HMAC ${cdn.keyId} ${proof}`;
      await Promise.all(cdn.purgeUrls.map((url) => order(url, { authorization, body })));
    },
  };
}

async function order(
  url: string,
  { authorization, body }: { readonly authorization: string; readonly body: string },
): Promise<void> {
  const answer = await fetch(`${url}/_purge`, {
    method: 'POST',
    headers: { authorization },
    body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`The edge at ${url} answered a purge with ${answer.status}.`);
}
