import type { File } from '@valise/core/wire';

/** What became of a content that was sent. */
export interface SentVersion {
  /** Of what was sent. */
  readonly fingerprint: string;
  /** The file's version with it; or a later one, but always earlier than any of other content. */
  readonly version: number;
}

/**
 * An answer tells the file as it stands by then: somebody else's version may have followed at once.
 * That one has not been seen here, so that an edit of what was sent must never pass for an edit of it.
 */
export function sentVersion(file: File, { fingerprint }: { fingerprint: string }): SentVersion {
  const isOurs = file.fingerprint === fingerprint;
  return { fingerprint, version: isOurs ? file.version : file.version - 1 };
}
