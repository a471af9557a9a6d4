export { type Candidate, CONTEXT, findCandidates } from './candidate-scanner.ts';
export { type Chunker, createChunker } from './chunker.ts';
export { selectCuts } from './cut-selector.ts';
export {
  DIGEST_BYTES,
  FINGERPRINT_RECIPE,
  type FileFingerprint,
  type FingerprintParts,
  fingerprintOf,
  formatChunkId,
  formatFingerprint,
  parseChunkId,
  parseFingerprint,
  type Sha256,
} from './fingerprint.ts';
export { decodeHex, hexOf } from './hex.ts';
export { BLOCK, MAX_CHUNK, MIN_CHUNK, NORMAL_CHUNK } from './parameters.ts';
