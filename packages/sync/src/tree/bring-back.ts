import type { NodeId } from './node.ts';
import { descendants, type Trees } from './tree.ts';

/** Shares that were removed here are wanted after all: without a memory of them they are new ones. */
export function bringBack(trees: Trees, shares: readonly NodeId[]): void {
  for (const share of shares) {
    for (const id of [share, ...descendants(trees.remote, share).map((node) => node.id)]) {
      if (trees.local.get(id) === undefined) trees.synced.delete(id);
    }
  }
}
