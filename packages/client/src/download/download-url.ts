import type { File, FileDetail } from '@valise/core/wire';
import { ClientError } from '../errors/client-error.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';

/** Where a content is to be had, for some minutes. */
export interface DownloadLink {
  readonly url: string;
  /** Opened by cookies that came along with it: only a browser has such. */
  readonly needsCookies: boolean;
}

/** The signed URL of one version of one file, renewed when it is refused. */
export interface SignedUrl {
  get(): Promise<DownloadLink>;
  /** `url` was refused: the next `get` gives another. */
  refused(url: string): void;
}

/**
 * `given`: what is known already, or null to ask first. What is asked for here is opened by its
 * signature alone. Throws `content-changed` on a new version.
 */
export function createSignedUrl(
  deps: TransferDeps,
  file: File,
  options: {
    readonly given: string | null;
    readonly needsCookies?: boolean | undefined;
    readonly signal: AbortSignal;
  },
): SignedUrl {
  const { given, needsCookies = false } = options;
  let current: Promise<DownloadLink> | null =
    given === null ? null : Promise.resolve({ url: given, needsCookies });
  let refusedUrl: string | null = null;
  const renew = async () => {
    const { signal } = options;
    const detail = await deps.api.downloads.link(file.id, { signal, patient: true });
    return { url: urlOf(detail, file), needsCookies: false };
  };
  return {
    async get() {
      if (current !== null && (await current).url === refusedUrl) current = null;
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
