import { createHmac } from 'node:crypto';
import { AppError } from '@valise/core/errors';
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

/** For our own edge: a body signed like its links. Several edges behind one name: see docs/cdn.md. */
export function createEdgePurger(cdn: SignedCdn, now: () => Date): CdnPurger {
  return {
    async purge(objects) {
      const expires = Math.floor(now().getTime() / 1000) + ORDER_SECONDS;
      const body = JSON.stringify({ expires, objects });
      const proof = createHmac('sha256', cdn.key).update(body).digest('hex');
      const answer = await fetch(`${cdn.url}/_purge`, {
        method: 'POST',
        headers: { authorization: `HMAC ${cdn.keyId} ${proof}` },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await answer.arrayBuffer();
      if (answer.ok) return;
      throw new AppError('internal', `The edge answered a purge with ${answer.status}.`);
    },
  };
}
