import type { ContentEncoding } from '@valise/core/wire';

export interface DownloadTarget {
  readonly key: string;
  /** Becomes `Content-Disposition: attachment; filename*=…`. */
  readonly name: string;
  readonly mimeType: string;
  /** Bytes of the file. */
  readonly size: number;
  /** How the object holds them; null or absent: as they are. */
  readonly contentEncoding?: ContentEncoding | null;
  /** Where the reader's request came from; the link is bound to it where that is asked for. */
  readonly address?: string | undefined;
}

export interface SignedDownload {
  readonly url: string;
  readonly expiresAt: Date;
}

/** Makes signed download URLs that live 5 minutes, serve ranges and need no other credential. */
export interface DownloadSigner {
  sign(target: DownloadTarget): SignedDownload;
}

export const DOWNLOAD_URL_SECONDS = 5 * 60;

/** When a link made now ends: whole seconds, as every driver writes them. */
export function expiryOf(now: Date): Date {
  return new Date(Math.floor(now.getTime() / 1000 + DOWNLOAD_URL_SECONDS) * 1000);
}
