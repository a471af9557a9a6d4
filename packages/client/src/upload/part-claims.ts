import type { PartClaim, UploadRef } from '../api/uploads-api.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';

/** A claim makes the server list the store's parts: not too often … */
const MIN_INTERVAL_MS = 30_000;
/** … but a fast link shouldn't leave thousands unclaimed. */
const MAX_UNCLAIMED = 500;

/**
 * Tells the server now and then which parts are up, so that others see the progress and a long
 * upload doesn't expire. Completing needs no claim, so what is unclaimed at the end stays so.
 */
export interface PartClaims {
  /** Resolves at once unless a claim is due. */
  add(claim: PartClaim): Promise<void>;
}

export function createPartClaims(
  deps: Pick<TransferDeps, 'api' | 'ambient'>,
  upload: UploadRef,
  signal: AbortSignal,
): PartClaims {
  let unclaimed: PartClaim[] = [];
  let claimedAt = deps.ambient.now();
  return {
    async add(claim) {
      unclaimed.push(claim);
      const now = deps.ambient.now();
      if (unclaimed.length < MAX_UNCLAIMED && now - claimedAt < MIN_INTERVAL_MS) return;
      const batch = unclaimed;
      unclaimed = [];
      claimedAt = now;
      await deps.api.uploads.claim(upload, batch, { signal, patient: true });
    },
  };
}
