import { AppError } from '../errors/index.ts';
import type { Opaque } from '../ids/index.ts';
import { decodeHex, hexOf } from './hex.ts';

/** Says whether two files are the same: equal text, equal content. */
export type FileFingerprint = Opaque<'FileFingerprint'>;

/** Names how files are cut and hashed. Fingerprints of different recipes say nothing together. */
export const FINGERPRINT_RECIPE = 'v1';

export const DIGEST_BYTES = 32;

/** SHA-256 of the bytes, 32 of them. Each platform brings its own. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export interface FingerprintParts {
  readonly recipe: string;
  /** 32 bytes. */
  readonly digest: Uint8Array;
}

const CHUNK_PREFIX = 'sha256:';
const RECIPE = /^[a-z0-9]{1,8}$/;

/** `digests`: the chunks' 32-byte digests in order, end to end; empty for the empty file. */
export function fingerprintOf(digests: Uint8Array, sha256: Sha256): FileFingerprint {
  return formatFingerprint({ recipe: FINGERPRINT_RECIPE, digest: sha256(digests) });
}

export function formatFingerprint(parts: FingerprintParts): FileFingerprint {
  return `${parts.recipe}:${hexOf(parts.digest)}` as FileFingerprint;
}

/** Throws `invalid-value` unless it is a recipe's name, `:` and 64 lower-case hex digits. */
export function parseFingerprint(text: string, field = 'fingerprint'): FingerprintParts {
  const colon = text.indexOf(':');
  const recipe = text.slice(0, Math.max(colon, 0));
  const digest = new Uint8Array(DIGEST_BYTES);
  if (!RECIPE.test(recipe) || !decodeHex(text, colon + 1, digest)) {
    throw new AppError('invalid-value', `${field} is not a fingerprint.`, { details: { field } });
  }
  return { recipe, digest };
}

/** `sha256:` + hex. */
export function formatChunkId(digest: Uint8Array): string {
  return CHUNK_PREFIX + hexOf(digest);
}

/** Decodes a chunk id into 32 bytes. Throws `invalid-value` for anything else. */
export function parseChunkId(id: string, into: Uint8Array = new Uint8Array(DIGEST_BYTES)) {
  if (!id.startsWith(CHUNK_PREFIX) || !decodeHex(id, CHUNK_PREFIX.length, into)) {
    throw new AppError('invalid-value', 'A chunk id is "sha256:" and 64 hex digits.', {
      details: { field: 'chunks' },
    });
  }
  return into;
}
