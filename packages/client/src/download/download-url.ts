import type { File, FileDetail } from '@valise/core/wire';
import { ClientError } from '../errors/client-error.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';

/** The signed URL of one version of one file, renewed when it is refused. */
export interface SignedUrl {
  get(): Promise<string>;
  /** `url` was refused: the next `get` gives another. */
  refused(url: string): void;
}

/** `given`: what is known already, or null to ask first. Throws `content-changed` on a new version. */
export function createSignedUrl(
  deps: TransferDeps,
  file: File,
  options: { readonly given: string | null; readonly signal: AbortSignal },
): SignedUrl {
  let current: Promise<string> | null =
    options.given === null ? null : Promise.resolve(options.given);
  let refusedUrl: string | null = null;
  const renew = async () => {
    const { signal } = options;
    const detail = await deps.api.downloads.link(file.id, { signal, patient: true });
    return urlOf(detail, file);
  };
  return {
    async get() {
      if (current !== null && (await current) === refusedUrl) current = null;
      current ??= renew();
      return current;
    },
    refused(url) {
      refusedUrl = url;
    },
  };
}

function urlOf(detail: FileDetail, expected: File): string {
  if (detail.file.version !== expected.version) {
    throw new ClientError('content-changed', 'The file was replaced while it was downloaded.');
  }
  if (detail.downloadUrl !== null) return detail.downloadUrl;
  throw new ClientError('broken-answer', 'The file has no download URL.');
}
