export { ChunkWindow, type WindowChunk } from './chunk-window.ts';
export { type Chunker, createChunker } from './chunker.ts';
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
export { MAX_CHUNK, MIN_CHUNK, NORMAL_CHUNK } from './parameters.ts';
