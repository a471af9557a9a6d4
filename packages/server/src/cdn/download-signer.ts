export interface DownloadTarget {
  readonly key: string;
  /** Becomes `Content-Disposition: attachment; filename*=…`. */
  readonly name: string;
  readonly mimeType: string;
}

export interface SignedDownload {
  readonly url: string;
  readonly expiresAt: Date;
}

/** Makes signed download URLs that live 5 minutes, serve ranges and need no other credential. */
export interface DownloadSigner {
  sign(target: DownloadTarget): SignedDownload;
}
