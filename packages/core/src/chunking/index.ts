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
