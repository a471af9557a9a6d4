import type { ApiClient, KnownVersion } from '@valise/client';
import type { KnownVersions, RemotePlace } from '@valise/client-node';
import { isAppError } from '@valise/core/errors';
import { applyChunkEdits } from '@valise/core/manifest';

/** That the server or this device doesn't know (any more): then all is told. */
const UNKNOWN = ['version-unknown', 'file-not-found', 'chunks-mismatch'] as const;

/**
 * The version that stands at a place now, chunk by chunk, if this device has had that file before: one
 * small call, however large the file. It counts as verified unless somebody changed it since.
 */
export async function findBase(
  { downloads }: ApiClient,
  versions: KnownVersions,
  { place, signal }: { readonly place: RemotePlace; readonly signal: AbortSignal },
): Promise<KnownVersion | null> {
  const known = await versions.find(place);
  if (known === null) return null;
  const { fileId, version: since, records } = known;
  try {
    const options = { signal, patient: true };
    const { version, chunkEdits } = await downloads.editsSince(fileId, since, options);
    const verified = chunkEdits.length === 0;
    return { version, records: applyChunkEdits(records, chunkEdits), verified };
  } catch (error) {
    if (UNKNOWN.some((code) => isAppError(error, code))) return null;
    throw error;
  }
}
