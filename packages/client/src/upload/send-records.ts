import { RECORD_BYTES, recordCount, sliceRecords } from '@valise/core/manifest';
import type { UploadRef } from '../api/uploads-api.ts';
import { ClientError } from '../errors/client-error.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';

/** 3.6 MB a call. */
const RECORDS_PER_CALL = 100_000;

/** Sends a long chunk list, going on from wherever the server says that it stands. */
export async function sendRecords(
  deps: Pick<TransferDeps, 'api'>,
  upload: UploadRef,
  records: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const count = recordCount(records);
  let from = 0;
  while (from < count) {
    const bytes = sliceRecords(records, from, RECORDS_PER_CALL);
    const received = await deps.api.uploads.sendRecords(
      upload,
      { from, bytes },
      { signal, patient: true },
    );
    if (received < from + bytes.length / RECORD_BYTES) {
      throw new ClientError('broken-answer', `Only ${received} chunk records arrived.`);
    }
    from = received;
  }
}
