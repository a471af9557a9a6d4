import type { Part } from '@valise/core/wire';
import type { UploadRef } from '../api/uploads-api.ts';
import { createAdaptiveSlots } from '../transfer/adaptive-slots.ts';
import { createBufferPool } from '../transfer/buffer-pool.ts';
import { runInSlots } from '../transfer/run-in-slots.ts';
import type { TransferControl } from '../transfer/transfer-control.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import { createPartClaims } from './part-claims.ts';
import { openPartContent, type PartReader } from './part-content.ts';
import type { PartHashLookup } from './part-hashes.ts';
import { createPartRequests } from './part-requests.ts';
import { storePut } from './store-put.ts';

/**
 * All part buffers together: a process stays below 250 MB at any file size. Four parts of 8 MiB at once
 * fill a line of 1 Gbit/s to a store that is 200 ms away.
 */
const BUFFER_BYTES = 40 * 1_048_576;
/** More connections than this to one store gain nothing and look like an attack. */
const MAX_SLOTS = 16;

export interface SendParts {
  readonly upload: UploadRef;
  /** Those still to be sent, with or without a request. */
  readonly parts: readonly Part[];
  readonly reader: PartReader;
  /** Hashes known beforehand: their parts need fewer calls, and no second hashing. */
  readonly hashes: PartHashLookup;
  readonly signal: AbortSignal;
  readonly control?: TransferControl | undefined;
  onSent(bytes: number): void;
}

/** Puts the parts to the store, several at once, and reports them to the server in passing. */
export async function sendParts(deps: TransferDeps, job: SendParts): Promise<void> {
  const { ambient } = deps;
  const largest = job.parts.reduce((size, part) => Math.max(size, part.size), 0);
  const bufferSize = job.reader.bufferSize(largest);
  const max = Math.max(1, Math.min(MAX_SLOTS, Math.floor(BUFFER_BYTES / bufferSize)));
  const slots = createAdaptiveSlots({ max, now: () => ambient.now() });
  const buffers = createBufferPool(bufferSize, ambient);
  const { parts, hashes, reader, signal } = job;
  const requests = createPartRequests(deps, job.upload, { parts, hashes, signal });
  const claims = createPartClaims(deps, job.upload, signal);

  const sendPart = async (part: Part, partSignal: AbortSignal) => {
    const read = { reader, buffers, ambient, signal: partSignal };
    const content = openPartContent(read, part, hashes(part));
    const hash = await content.hash();
    const etag = await storePut(deps, {
      size: part.size,
      body: content.body,
      request: ({ renew }) => requests.get(part.partNumber, { hash, renew }),
      slots,
      signal: partSignal,
      onSent: job.onSent,
    });
    content.release();
    requests.forget(part.partNumber);
    if (etag !== null) await claims.add({ partNumber: part.partNumber, etag });
  };
  await runInSlots(job.parts, sendPart, { slots, signal, control: job.control });
}
