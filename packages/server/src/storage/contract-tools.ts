import { isAppError } from '@valise/core/errors';
import { hostedFetch } from './hosted-fetch.ts';
import type { StoreAbilities } from './store-abilities.ts';
import type { SignedRequest } from './upload-signer.ts';

export const CONTRACT_TYPE = 'text/x-contract';

/** What one store is known to do, so that a change of it is noticed. */
export interface KnownStore {
  readonly abilities: StoreAbilities;
  /** Whether a completion may leave out parts that are there. Ceph 16 answers 400 to it. */
  readonly completesSomeParts: boolean;
  /** Whether browsers on other origins may use its URLs. Ceph 16 refuses those of a session. */
  readonly answersPreflights: boolean;
}

export const refused = (error: unknown) => isAppError(error, 'store-unavailable');

/** The store's status. A connection that the store cuts in the middle of a body is a refusal, too. */
export async function send(request: SignedRequest, body: Uint8Array): Promise<number> {
  const { method, headers } = request;
  const answer = await hostedFetch(request.url, { method, headers, body: Buffer.from(body) });
  await answer.arrayBuffer();
  return answer.status;
}
