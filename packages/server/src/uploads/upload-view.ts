import { AppError } from '@valise/core/errors';
import type { Part, PartRequest, Upload } from '@valise/core/wire';
import { storedForm } from '../tree/stored-form.ts';
import type { VouchedParts } from './part-store.ts';
import type { SentPart } from './sent-part.ts';
import type { UploadDeps } from './upload-deps.ts';
import { findParts } from './upload-parts.ts';
import { hasWholeChunkList, isSingle, objectSize, type UploadRow } from './upload-row.ts';

/** More URLs than this would only expire unused. */
const REQUESTS_AT_ONCE = 100;

/** Hex SHA-256 by part number. */
export type PartHashes = ReadonlyMap<number, string>;

const NO_HASHES: PartHashes = new Map();

/** The upload with all its parts; the first hundred unsent ones carry their requests. */
export async function viewUpload(
  deps: UploadDeps,
  row: UploadRow,
  { vouched, hashes = NO_HASHES }: { vouched: VouchedParts; hashes?: PartHashes },
): Promise<Upload> {
  const sent = await findParts(deps.db, row);
  const parts: Part[] = [];
  let requests = hasWholeChunkList(row) ? REQUESTS_AT_ONCE : 0;
  for (let number = 1; number <= sent.count; number++) {
    const part = viewPart(row, { partNumber: number, ...sent.part(number) }, vouched.get(number));
    const request =
      part.status === 'uploaded' || requests === 0
        ? undefined
        : signPart(deps, row, { ...sent.part(number), sha256: hashes.get(number) });
    if (request === undefined) parts.push(part);
    else {
      requests--;
      parts.push({ ...part, request });
    }
  }
  return { ...head(row), parts };
}

/** The same without any request: where it stands. */
export async function viewProgress(
  { db }: Pick<UploadDeps, 'db'>,
  row: UploadRow,
  vouched: VouchedParts,
): Promise<Upload> {
  const sent = await findParts(db, row);
  const parts: Part[] = [];
  for (let number = 1; number <= sent.count; number++) {
    parts.push(viewPart(row, { partNumber: number, ...sent.part(number) }, vouched.get(number)));
  }
  return { ...head(row), parts };
}

/**
 * Exactly these parts, with requests where they are unsent. Throws `chunks-incomplete`, and
 * `invalid-value` for a part that isn't planned.
 */
export async function viewParts(
  deps: UploadDeps,
  row: UploadRow,
  wanted: { numbers: readonly number[]; vouched: VouchedParts; hashes: PartHashes },
): Promise<Part[]> {
  if (!hasWholeChunkList(row)) throw chunksIncomplete(row);
  const sent = await findParts(deps.db, row);
  return wanted.numbers.map((number) => {
    const part = viewPart(
      row,
      { partNumber: number, ...sent.part(number) },
      wanted.vouched.get(number),
    );
    if (part.status === 'uploaded') return part;
    const sha256 = wanted.hashes.get(number);
    const request = signPart(deps, row, { ...sent.part(number), sha256 });
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

function viewPart(
  row: UploadRow,
  { partNumber, offset, size }: SentPart & { readonly partNumber: number },
  etag: string | undefined,
): Part {
  return {
    partNumber,
    offset,
    size,
    ...storedForm(row),
    status: etag === undefined ? 'not-started' : 'uploaded',
    etag: etag ?? null,
  };
}

/** With pinning on there is no request before the hash is known. */
function signPart(
  deps: UploadDeps,
  row: UploadRow,
  part: SentPart & { readonly sha256: string | undefined },
): PartRequest | undefined {
  if (row.pin && part.sha256 === undefined) return undefined;
  const { key, size, sha256, storeUploadId, storePart: partNumber } = part;
  const target = { key, size, sha256 };
  const { mimeType, contentEncoding } = row;
  const signed = isSingle(row)
    ? deps.storage.uploads.putObject({
        key,
        size: objectSize(row),
        sha256,
        mimeType,
        contentEncoding,
      })
    : deps.storage.uploads.putPart({
        ...target,
        storeUploadId: storeUploadId ?? '',
        partNumber,
      });
  return { ...signed, headers: { ...signed.headers }, expiresAt: signed.expiresAt.toISOString() };
}
