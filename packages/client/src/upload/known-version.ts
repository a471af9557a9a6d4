import { type ChunkEdit, diffChunks, recordCount } from '@valise/core/manifest';

/** A version of the file that the client knows chunk by chunk: the base of an edit. */
export interface KnownVersion {
  readonly version: number;
  /** Its packed manifest. */
  readonly records: Uint8Array;
  /**
   * This client itself verified that version's bytes, or put them there. Without it only chunks that
   * the caller uploaded are reused.
   */
  readonly verified: boolean;
}

/** An edit's call must stay well below what a server takes (10 MB): a chunk is 83 bytes there. */
const MOST_INSERTED = 50_000;

/** The content told as edits of the base; null where the whole list is as good. */
export function editsOf(base: KnownVersion, records: Uint8Array): readonly ChunkEdit[] | null {
  const edits = diffChunks(base.records, records);
  const inserted = edits.reduce((sum, edit) => sum + edit.insert.length, 0);
  const isShorter = inserted + edits.length < recordCount(records) / 2;
  return isShorter && inserted <= MOST_INSERTED ? edits : null;
}
