import type { NodeId } from '../tree/node.ts';

/**
 * Which share is which on the disk, remembered beside the files: names don't tell, for after a share
 * ended another one may have its name, and what is in the one must never get into the other. An
 * agent that lost its memory knows them again by this.
 */
export interface ShareMarks {
  idOf(inode: string): NodeId | undefined;
  /** From now on exactly these, by inode. */
  keep(marks: ReadonlyMap<string, NodeId>): void;
}
