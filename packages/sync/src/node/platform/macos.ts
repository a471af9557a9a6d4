import { UNWATCHED, watchWholeTree } from '../watching/whole-tree.ts';
import type { Platform } from './platform.ts';
import { posix } from './posix.ts';

/** Written to Apple's documentation; never run on a Mac. */
export const macos: Platform = {
  ...posix,
  // APFS and HFS+ use no number twice; and the time of birth goes back when an older mtime is set.
  inodeOf: ({ ino }) => `${ino}`,
  keepsInodes: () => true,
  unwatched: UNWATCHED,
  watch: (root, onHint) => watchWholeTree(root, onHint, { separator: '/' }),
};
