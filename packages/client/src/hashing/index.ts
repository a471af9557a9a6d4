/**
 * Chunking and fingerprinting alone, for whoever needs nothing else of the client (a worker, a tool):
 * loads a tenth of it. The first two are offered by the package's main entry, too; the others are what
 * a platform's own threads are put together from.
 */

export { joinBytes } from '../transfer/join-bytes.ts';
export { type Chain, endOf } from './chain.ts';
export { contentOfChains } from './content-of-chains.ts';
export { hashBytes } from './hash-bytes.ts';
export { type HashJob, type HashOutcome, HashPool, type HashThread } from './hash-pool.ts';
export { hashStretches } from './hash-stretches.ts';
export { createStreamHasher } from './stream-hasher.ts';
export type { PartGrid, Stretch } from './stretch.ts';
export { LARGEST_PART } from './stretch-plan.ts';
