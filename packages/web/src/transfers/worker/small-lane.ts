import { type TransferDeps, type UploadOutcome, type UploadRef, uploadMany } from '@valise/client';
import type { Transfer } from './transfer.ts';
import { type TransferRequest, uploadRequestOf } from './upload-request-of.ts';

export interface SmallLane {
  /** The next one to send; undefined ends the run. */
  next(): Transfer | undefined;
  onPending(transfer: Transfer, upload: UploadRef): void;
  onOutcome(outcome: UploadOutcome<TransferRequest>): void;
  readonly signal: AbortSignal;
}

/** Sends small files in batches until there are none. Rejects for what concerns all of them. */
export async function sendSmall(deps: TransferDeps, lane: SmallLane): Promise<void> {
  await uploadMany(deps, requests(lane), {
    signal: lane.signal,
    onPending: ({ transfer }, upload) => lane.onPending(transfer, upload),
    onOutcome: (outcome) => lane.onOutcome(outcome),
  });
}

function* requests({ next }: SmallLane): Generator<TransferRequest> {
  for (let transfer = next(); transfer !== undefined; transfer = next()) {
    transfer.set('sending');
    yield uploadRequestOf(transfer);
  }
}
