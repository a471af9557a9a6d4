import type { File, UploadAnswer } from '@valise/core/wire';
import type { BatchResult, UploadRef } from '../api/uploads-api.ts';
import { ClientError, concernsAll, isTransient } from '../errors/client-error.ts';
import { LONG_PATIENCE, withRetry } from '../retry/with-retry.ts';
import type { Slots } from '../transfer/adaptive-slots.ts';
import { runInSlots } from '../transfer/run-in-slots.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import { completeUpload } from './complete-upload.ts';
import { createRequestFor } from './create-request.ts';
import { sentVersion } from './sent-version.ts';
import type { SmallContent } from './small-content.ts';
import { storePut } from './store-put.ts';
import type { UploadOutcome, UploadRequest } from './upload-request.ts';

export interface BatchItem<Item extends UploadRequest> {
  readonly item: Item;
  readonly content: SmallContent;
}

export interface BatchOptions<Item extends UploadRequest> {
  readonly slots: Slots;
  readonly signal: AbortSignal;
  onPending(item: Item, upload: UploadRef): void;
  onSent(bytes: number): void;
  onOutcome(outcome: UploadOutcome<Item>): void;
}

/** One call to create, one PUT per file, one call to complete. Every file fails alone. */
export async function uploadBatch<Item extends UploadRequest>(
  deps: TransferDeps,
  items: readonly BatchItem<Item>[],
  options: BatchOptions<Item>,
): Promise<void> {
  const { signal, onOutcome } = options;
  const fail = ({ item }: BatchItem<Item>, error: unknown) =>
    onOutcome({ kind: 'failed', item, error });
  const done = ({ item, content }: BatchItem<Item>, file: File, sent: boolean) =>
    onOutcome({
      kind: 'done',
      item,
      file,
      sent: sentVersion(file, content),
      bytesSent: sent ? content.body.length : 0,
    });

  const created = await settleBatch(deps, items, signal, (batch) =>
    deps.api.uploads.createMany(
      batch.map(({ item, content }) =>
        createRequestFor(item, content, {
          pin: true,
          small: content,
          base: item.base ?? null,
        }),
      ),
      { signal, patient: true },
    ),
  );
  const pending: Pending<Item>[] = [];
  for (const [entry, result] of created) {
    if ('error' in result) fail(entry, result.error);
    else if (result.upload === null) done(entry, result.file, false);
    else {
      const ref = refOf(result, result.upload.id);
      options.onPending(entry.item, ref);
      pending.push({ ...entry, answer: result, ref });
    }
  }

  const put = await putAll(deps, pending, options);
  for (const { entry, error } of put.failed) fail(entry, error);
  const completed = await settleBatch(deps, put.sent, signal, (batch) =>
    deps.api.uploads.completeMany(
      batch.map((entry) => entry.ref),
      { signal, patient: true },
    ),
  );
  for (const [entry, result] of completed) {
    if ('error' in result) fail(entry, result.error);
    else if (result.file.status === 'uploaded') done(entry, result.file, true);
    else await finishAlone(deps, entry, { signal, done, fail });
  }
}

interface Pending<Item extends UploadRequest> extends BatchItem<Item> {
  readonly answer: UploadAnswer;
  readonly ref: UploadRef;
}

function refOf(answer: UploadAnswer, uploadId: string): UploadRef {
  return { fileId: answer.file.id, uploadId };
}

/**
 * Calls for the whole batch, then again for those that failed for a passing reason (too many
 * pending uploads, a store away for a moment).
 */
async function settleBatch<Entry, Result extends object>(
  deps: TransferDeps,
  entries: readonly Entry[],
  signal: AbortSignal,
  call: (batch: readonly Entry[]) => Promise<BatchResult<Result>[]>,
): Promise<Map<Entry, BatchResult<Result>>> {
  const settled = new Map<Entry, BatchResult<Result>>();
  let open = entries;
  const round = async () => {
    if (open.length === 0) return;
    const results = await call(open);
    for (const [index, entry] of open.entries()) {
      const result = results[index];
      if (result !== undefined) settled.set(entry, result);
    }
    open = open.filter((entry) => passingError(settled.get(entry)) !== null);
    const [first] = open;
    if (first !== undefined) throw passingError(settled.get(first));
  };
  try {
    await withRetry(round, { ambient: deps.ambient, policy: LONG_PATIENCE, signal });
  } catch (error) {
    // Patience is over: each file's own result tells. Any other failure concerns the call itself.
    const [first] = open;
    if (first === undefined || passingError(settled.get(first)) !== error) throw error;
  }
  return settled;
}

function passingError(result: object | undefined): unknown {
  if (result === undefined || !('error' in result)) return null;
  return isTransient(result.error) ? result.error : null;
}

interface PutResult<Item extends UploadRequest> {
  readonly sent: readonly Pending<Item>[];
  readonly failed: readonly { readonly entry: Pending<Item>; readonly error: unknown }[];
}

async function putAll<Item extends UploadRequest>(
  deps: TransferDeps,
  pending: readonly Pending<Item>[],
  { slots, signal, onSent }: BatchOptions<Item>,
): Promise<PutResult<Item>> {
  const sent: Pending<Item>[] = [];
  const failed: { entry: Pending<Item>; error: unknown }[] = [];
  const putOne = async (entry: Pending<Item>, putSignal: AbortSignal) => {
    try {
      if (entry.answer.upload?.parts[0]?.status === 'not-started') {
        const request = requestsOf(deps, entry, putSignal);
        const { body: bytes } = entry.content;
        const body = async () => bytes;
        const { length: size } = bytes;
        await storePut(deps, { size, body, request, slots, signal: putSignal, onSent });
      }
      sent.push(entry);
    } catch (error) {
      if (putSignal.aborted || concernsAll(error)) throw error;
      failed.push({ entry, error });
    }
  };
  await runInSlots(pending, putOne, { slots, signal });
  return { sent, failed };
}

/** The request that came with the batch; a fresh one only where the store refused it. */
function requestsOf<Item extends UploadRequest>(
  deps: TransferDeps,
  { ref, answer, content }: Pending<Item>,
  signal: AbortSignal,
) {
  const given = answer.upload?.parts[0]?.request;
  return async ({ renew }: { readonly renew: boolean }) => {
    if (given !== undefined && !renew) return given;
    const wish = { partNumbers: [1], hashes: { 1: content.partHash } };
    const [part] = await deps.api.uploads.partUrls(ref, wish, { signal, patient: true });
    if (part?.request !== undefined) return part.request;
    throw new ClientError('broken-answer', 'No URL came for the file.');
  };
}

async function finishAlone<Item extends UploadRequest>(
  deps: TransferDeps,
  entry: Pending<Item>,
  options: {
    readonly signal: AbortSignal;
    done(entry: Pending<Item>, file: File, sent: boolean): void;
    fail(entry: Pending<Item>, error: unknown): void;
  },
): Promise<void> {
  try {
    const completion = await completeUpload(deps, entry.ref, options.signal);
    if (completion.kind === 'done') options.done(entry, completion.file, true);
    else options.fail(entry, new ClientError('store-refused', 'The store lost the file.'));
  } catch (error) {
    if (options.signal.aborted) throw error;
    options.fail(entry, error);
  }
}
