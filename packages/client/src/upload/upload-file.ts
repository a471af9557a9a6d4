import { isAppError } from '@valise/core/errors';
import { recordCount } from '@valise/core/manifest';
import { SINGLE_PUT_LIMIT } from '@valise/core/plan';
import type { UploadAnswer } from '@valise/core/wire';
import type { UploadRef } from '../api/uploads-api.ts';
import { ClientError, isClientError, isTransient } from '../errors/client-error.ts';
import type { HashedContent } from '../ports.ts';
import { createChunkIndex } from '../transfer/chunk-index.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import { createCheckedReader } from './checked-reader.ts';
import { completeUpload } from './complete-upload.ts';
import { type CreateOptions, createRequestFor, INLINE_CHUNKS } from './create-request.ts';
import { editsOf } from './known-version.ts';
import type { PartReader } from './part-content.ts';
import { knownPartHashes } from './part-hashes.ts';
import { sendParts } from './send-parts.ts';
import { sendRecords } from './send-records.ts';
import { sentVersion } from './sent-version.ts';
import { readSmallContent, type SmallContent } from './small-content.ts';
import type { UploadOptions, UploadRequest, UploadResult } from './upload-request.ts';

/** A server that still misses parts after so many rounds of sending them is not to be satisfied. */
const MAX_ROUNDS = 3;
/** A file that changed is left alone for a moment; each further time for twice as long. */
const RESTART_PAUSE_MS = 1_000;

/** Content that was hashed, and where its parts are to be read from. */
interface Prepared {
  readonly content: HashedContent;
  readonly reader: PartReader;
  readonly small?: SmallContent;
}

/**
 * Uploads one file: hash it, tell the server, put the parts that it asks for to the store, complete.
 * What the server has already for this caller isn't among them.
 *
 *  - An aborted `signal` stops it at once and leaves the upload pending: the same call in any
 *    process resumes it, and only missing parts are sent.
 *  - `control.cancel()` deletes the pending upload.
 *  - A file that changes meanwhile ends in `content-changed` (after `restarts` new attempts); what
 *    was there before stays.
 *
 * Closes the source.
 */
export async function uploadFile(
  deps: TransferDeps,
  request: UploadRequest,
  options: UploadOptions = {},
): Promise<UploadResult> {
  try {
    return await uploadUnchanged(deps, request, options);
  } finally {
    await request.source.close();
  }
}

async function uploadUnchanged(
  deps: TransferDeps,
  request: UploadRequest,
  options: UploadOptions,
): Promise<UploadResult> {
  const signal = signalOf(options);
  for (let attempt = 0; ; attempt++) {
    try {
      return await uploadOnce(deps, request, { ...options, signal });
    } catch (error) {
      const again = attempt < (options.restarts ?? 0);
      if (!isClientError(error, 'content-changed') || !again) throw error;
      await deps.ambient.sleep(RESTART_PAUSE_MS * 2 ** attempt, signal);
    }
  }
}

type OnceOptions = UploadOptions & { readonly signal: AbortSignal };

async function uploadOnce(
  deps: TransferDeps,
  request: UploadRequest,
  options: OnceOptions,
): Promise<UploadResult> {
  const { signal } = options;
  const identity = await request.source.identity();
  const prepared = await prepare(deps, request, options);
  await expectIdentity(request, identity);
  const { records } = prepared.content;
  const { answer, told } = await create(deps, request, { prepared, signal });
  if (answer.upload === null) {
    const { file } = answer;
    return { file, sent: sentVersion(file, prepared.content), bytesSent: 0, records };
  }

  const upload = { fileId: answer.file.id, uploadId: answer.upload.id };
  options.onPending?.(upload);
  try {
    const result = await sendAndComplete(deps, prepared, {
      ...options,
      answer: told ? answer : await sendList(deps, upload, { records, signal }),
      upload,
      expectUnchanged: () => expectIdentity(request, identity),
    });
    return { ...result, records };
  } catch (error) {
    if (isClientError(error, 'cancelled') || isClientError(error, 'content-changed')) {
      await abandon(deps, upload);
    }
    throw error;
  }
}

interface Created {
  readonly answer: UploadAnswer;
  /** The server knows the chunks; else the list is still to be sent. */
  readonly told: boolean;
}

/** Tells the server of the content: as edits of its base, if these are fewer and the base is known. */
async function create(
  deps: TransferDeps,
  request: UploadRequest,
  { prepared, signal }: { readonly prepared: Prepared; readonly signal: AbortSignal },
): Promise<Created> {
  const { content, small } = prepared;
  const { base = null } = request;
  const options = { pin: true, ...(small === undefined ? {} : { small }) };
  const send = (told: Pick<CreateOptions, 'base' | 'edits'>) => {
    const body = createRequestFor(request, content, { ...options, ...told });
    return deps.api.uploads.create(body, { signal, patient: true });
  };
  const isSmall = content.size <= SINGLE_PUT_LIMIT;
  const edits = base === null || isSmall ? null : editsOf(base, content.records);
  if (edits !== null) {
    try {
      return { answer: await send({ base, edits }), told: true };
    } catch (error) {
      const isUnknown =
        isAppError(error, 'version-unknown') || isAppError(error, 'chunks-mismatch');
      if (!isUnknown) throw error;
    }
  }
  // What was refused as a base decides nothing else either.
  const whole = { base: edits === null ? base : null };
  return { answer: await send(whole), told: recordCount(content.records) <= INLINE_CHUNKS };
}

/** Sends a long list, and asks what parts are needed now that the server knows it. */
async function sendList(
  deps: TransferDeps,
  upload: UploadRef,
  { records, signal }: { readonly records: Uint8Array; readonly signal: AbortSignal },
): Promise<UploadAnswer> {
  await sendRecords(deps, upload, records, signal);
  return deps.api.uploads.state(upload, { signal, patient: true });
}

async function prepare(
  deps: TransferDeps,
  request: UploadRequest,
  { signal, onProgress }: OnceOptions,
): Promise<Prepared> {
  const { source, base, baseVersion, isReplacement } = request;
  if (source.size <= SINGLE_PUT_LIMIT) {
    const small = await readSmallContent(deps, source, { signal });
    return { content: small, reader: memoryReader(small), small };
  }
  let bytes = 0;
  const content = await deps.hasher.hash(source, {
    signal,
    withParts: isReplacement !== true && (base?.version ?? baseVersion ?? null) === null,
    onProgress: (more) => {
      bytes += more;
      onProgress?.({ phase: 'hashing', bytes, total: source.size });
    },
  });
  const chunks = createChunkIndex(content.records);
  return { content, reader: createCheckedReader(source, chunks, deps.ambient) };
}

function memoryReader({ body }: SmallContent): PartReader {
  return { bufferSize: () => 0, read: async () => body };
}

interface Sending extends OnceOptions {
  readonly answer: UploadAnswer;
  readonly upload: UploadRef;
  expectUnchanged(): Promise<void>;
}

async function sendAndComplete(
  deps: TransferDeps,
  { content, reader }: Prepared,
  options: Sending,
): Promise<UploadResult> {
  const { upload, signal, control, onProgress } = options;
  const total = content.size;
  const hashes = knownPartHashes(content);
  let parts = options.answer.upload?.parts ?? [];
  let bytesSent = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const missing = parts.filter((part) => part.status !== 'uploaded');
    let bytes = total - missing.reduce((sum, part) => sum + part.size, 0);
    const onSent = (more: number) => {
      bytes += more;
      bytesSent += more;
      onProgress?.({ phase: 'sending', bytes, total });
    };
    onSent(0);
    await sendParts(deps, { upload, parts: missing, reader, hashes, signal, control, onSent });
    await options.expectUnchanged();
    onProgress?.({ phase: 'completing', bytes: total, total });
    const completion = await completeUpload(deps, upload, signal);
    if (completion.kind === 'done') {
      const { file } = completion;
      return { file, sent: sentVersion(file, content), bytesSent };
    }
    const state = await deps.api.uploads.state(upload, { signal, patient: true });
    parts = state.upload?.parts ?? [];
  }
  throw new ClientError('store-refused', 'The store keeps losing parts that it had accepted.');
}

async function expectIdentity({ source }: UploadRequest, identity: string): Promise<void> {
  if ((await source.identity()) === identity) return;
  throw new ClientError('content-changed', 'The file changed while it was being uploaded.');
}

/** Frees what was stored. Not following the caller's signal: it may be why we are here. */
async function abandon(deps: TransferDeps, upload: UploadRef): Promise<void> {
  try {
    await deps.api.uploads.cancel(upload);
  } catch (error) {
    // A server that can't be reached ends the upload by itself after seven days.
    if (!isTransient(error)) throw error;
  }
}

/** Stops by the caller's signal or by a cancel. */
function signalOf({ signal, control }: UploadOptions): AbortSignal {
  const signals = [signal, control?.cancelled].filter((one) => one !== undefined);
  return AbortSignal.any(signals);
}
