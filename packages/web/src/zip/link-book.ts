import { SMALL_DOWNLOAD, type TransferDeps } from '@valise/client';
import { BATCH_LIMIT, type DownloadUrl, type File as StoredFile } from '@valise/core/wire';

/** What one call's links lead to: read long before they expire, also at 1 MB/s. */
const BATCH_BYTES = 64 * 1_048_576;
/** A link about to expire is not begun with. */
const MARGIN_MS = 30_000;

/** Links to the small files of an archive, many asked for at once and opened by cookies if they can be. */
export interface LinkBook {
  /** None for large files, and for what no link came for: it is asked for by itself. */
  linkTo(file: StoredFile, signal: AbortSignal): Promise<DownloadUrl | undefined>;
}

/** `files`: in the order in which they will be read. */
export function openLinkBook(
  { api, ambient }: Pick<TransferDeps, 'api' | 'ambient'>,
  files: readonly StoredFile[],
): LinkBook {
  const small = files.filter(isSmall);
  const places = new Map(small.map((file, place) => [file, place]));
  const links = new Map<string, DownloadUrl>();
  let asked = 0;
  let asking: Promise<void> = Promise.resolve();

  const askOn = async (signal: AbortSignal) => {
    const batch = batchFrom(small, asked);
    asked += batch.length;
    const options = { signal, patient: true, cookies: true };
    for (const result of await api.downloads.urls(batch, options)) {
      if ('downloadUrl' in result) links.set(result.fileId, result);
    }
  };
  return {
    async linkTo(file, signal) {
      const place = places.get(file);
      if (place === undefined) return undefined;
      // They are read in this order, so the next batch has it.
      asking = asking.then(() => (place < asked ? undefined : askOn(signal)));
      await asking;
      const link = links.get(file.id);
      links.delete(file.id);
      if (link === undefined) return undefined;
      return Date.parse(link.downloadUrlExpiresAt) - ambient.now() > MARGIN_MS ? link : undefined;
    },
  };
}

/** What has no content has no link. */
function isSmall({ kind, size }: StoredFile): boolean {
  return kind === 'file' && size > 0 && size <= SMALL_DOWNLOAD;
}

function batchFrom(files: readonly StoredFile[], from: number): string[] {
  const ids: string[] = [];
  let bytes = 0;
  for (const { id, size } of files.slice(from, from + BATCH_LIMIT)) {
    if (ids.length > 0 && bytes + size > BATCH_BYTES) break;
    ids.push(id);
    bytes += size;
  }
  return ids;
}
