import { AppError } from '@valise/core/errors';
import { partRange } from '@valise/core/plan';
import type { Part, PartRequest, Upload } from '@valise/core/wire';
import type { VouchedParts } from './part-store.ts';
import type { UploadDeps } from './upload-deps.ts';
import { hasWholeChunkList, isSingle, type UploadRow } from './upload-row.ts';

/** More URLs than this would only expire unused. */
const REQUESTS_AT_ONCE = 100;

/** Hex SHA-256 by part number. */
export type PartHashes = ReadonlyMap<number, string>;

const NO_HASHES: PartHashes = new Map();

/** The upload with all its parts; the first hundred unsent ones carry their requests. */
export function viewUpload(
  deps: UploadDeps,
  row: UploadRow,
  { vouched, hashes = NO_HASHES }: { vouched: VouchedParts; hashes?: PartHashes },
): Upload {
  const parts: Part[] = [];
  let requests = hasWholeChunkList(row) ? REQUESTS_AT_ONCE : 0;
  for (let number = 1; number <= row.partCount; number++) {
    const part = viewPart(row, number, vouched.get(number));
    const request =
      part.status === 'uploaded' || requests === 0
        ? undefined
        : signPart(deps, row, { number, sha256: hashes.get(number) });
    if (request === undefined) parts.push(part);
    else {
      requests--;
      parts.push({ ...part, request });
    }
  }
  return { ...head(row), parts };
}

/** The same without any request: where it stands. */
export function viewProgress(row: UploadRow, vouched: VouchedParts): Upload {
  const parts: Part[] = [];
  for (let number = 1; number <= row.partCount; number++) {
    parts.push(viewPart(row, number, vouched.get(number)));
  }
  return { ...head(row), parts };
}

/** Exactly these parts, with requests where they are unsent. Throws `chunks-incomplete`. */
export function viewParts(
  deps: UploadDeps,
  row: UploadRow,
  wanted: { numbers: readonly number[]; vouched: VouchedParts; hashes: PartHashes },
): Part[] {
  if (!hasWholeChunkList(row)) throw chunksIncomplete(row);
  return wanted.numbers.map((number) => {
    const part = viewPart(row, number, wanted.vouched.get(number));
    if (part.status === 'uploaded') return part;
    const request = signPart(deps, row, { number, sha256: wanted.hashes.get(number) });
    return request === undefined ? part : { ...part, request };
  });
}

export function chunksIncomplete(row: UploadRow): AppError {
  const { chunksReceived, chunkCount } = row;
  return new AppError(
    'chunks-incomplete',
    `${chunksReceived} of ${chunkCount} chunk records are here. Send the rest first.`,
    { details: { received: chunksReceived } },
  );
}

function head(row: UploadRow) {
  return { id: row.id, fileId: row.fileId, expiresAt: row.expiresAt.toISOString() };
}

function viewPart(row: UploadRow, partNumber: number, etag: string | undefined): Part {
  return {
    partNumber,
    ...partRange(row, partNumber),
    status: etag === undefined ? 'not-started' : 'uploaded',
    etag: etag ?? null,
  };
}

/** With pinning on there is no request before the hash is known. */
function signPart(
  deps: UploadDeps,
  row: UploadRow,
  part: { readonly number: number; readonly sha256: string | undefined },
): PartRequest | undefined {
  if (row.pin && part.sha256 === undefined) return undefined;
  const { size } = partRange(row, part.number);
  const target = { key: row.objectKey, size, sha256: part.sha256 };
  const signed = isSingle(row)
    ? deps.storage.uploads.putObject({ ...target, mimeType: row.mimeType })
    : deps.storage.uploads.putPart({
        ...target,
        storeUploadId: row.storeUploadId ?? '',
        partNumber: part.number,
      });
  return { ...signed, headers: { ...signed.headers }, expiresAt: signed.expiresAt.toISOString() };
}
