import { setTimeout as sleep } from 'node:timers/promises';
import type { UploadId } from '@valise/core/ids';
import { type Completion, completeUploads } from './complete-uploads.ts';
import type { UploadDeps } from './upload-deps.ts';
import type { UploadRow } from './upload-row.ts';

/** No caller waits longer for a store that takes its time to assemble. */
const PATIENCE_MILLISECONDS = 20_000;

/**
 * Completes uploads, but answers in time: what isn't settled by then is `assembling`. The work goes
 * on without the caller; if it fails, asking again or the sweeper takes it up.
 */
export async function completePatiently(
  deps: UploadDeps,
  rows: readonly UploadRow[],
  patience = PATIENCE_MILLISECONDS,
): Promise<ReadonlyMap<UploadId, Completion>> {
  const work = completeUploads(deps, rows);
  const settled = new AbortController();
  const tooLong = sleep(patience, null, { signal: settled.signal });
  tooLong.catch(() => undefined);
  try {
    const completions = await Promise.race([work, tooLong]);
    if (completions !== null) return completions;
  } finally {
    settled.abort();
  }
  // Whoever asks next hears what became of it.
  work.catch(() => undefined);
  return new Map(rows.map((row) => [row.id, { kind: 'assembling', fileId: row.fileId }]));
}
