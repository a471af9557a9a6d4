import { isAppError } from '@valise/core/errors';
import type { File } from '@valise/core/wire';
import type { UploadRef } from '../api/uploads-api.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';

export type Completion =
  | { readonly kind: 'done'; readonly file: File }
  | { readonly kind: 'missing'; readonly partNumbers: ReadonlySet<number> };

const FIRST_LOOK_MS = 100;
const MAX_LOOK_MS = 2_000;

/** Completes, asking again while the store assembles. Missing parts are a result, not an error. */
export async function completeUpload(
  deps: Pick<TransferDeps, 'api' | 'ambient'>,
  upload: UploadRef,
  signal: AbortSignal,
): Promise<Completion> {
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 2, MAX_LOOK_MS)) {
    try {
      const { file, assembling } = await deps.api.uploads.complete(upload, {
        signal,
        patient: true,
      });
      if (!assembling) return { kind: 'done', file };
    } catch (error) {
      if (!isAppError(error, 'parts-missing')) throw error;
      return { kind: 'missing', partNumbers: numbersIn(error.details.missing) };
    }
    await deps.ambient.sleep(pause, signal);
  }
}

function numbersIn(missing: unknown): ReadonlySet<number> {
  const list: readonly unknown[] = Array.isArray(missing) ? missing : [];
  return new Set(list.filter((entry) => typeof entry === 'number'));
}
