/**
 * Chunking and fingerprinting alone, for whoever needs nothing else of the client (a worker, a tool):
 * loads a tenth of it. Everything in here is offered by the package's main entry, too.
 */
export { hashBytes } from './hash-bytes.ts';
export { createStreamHasher } from './stream-hasher.ts';
