import { nameKey } from '@valise/core/names';
import { type NodeId, type Place, placeKey } from '../tree/node.ts';
import { isSharedRoot, SHARED } from '../tree/shared-folder.ts';
import type { TreesReader } from '../tree/tree.ts';
import type { Operation, TreeOperation } from './operation.ts';
import type { PlanOptions } from './plan-options.ts';
import type { DirtyNode, Target } from './target.ts';

export interface Collisions {
  /** While there are any, the rest of the plan waits for them. */
  readonly adoptions: readonly TreeOperation[];
  /** To be looked at before it is known what they are. */
  readonly hashes: readonly Operation[];
}

/**
 * Two living nodes at one place. The one that others see there keeps it. A new local node meeting a
 * new remote one of its kind is the same node (two folders merge; two files are compared, and an
 * edit decides), and so is one from another owner's tree that meets its copy; everything else steps
 * aside under a conflicted copy's name.
 *
 * What lies at a share's name isn't taken for that share (it may be left from another one), unless it is
 * a file of the same content; and what may only be read is never mixed with other content.
 */
export function resolveCollisions(
  trees: TreesReader,
  target: Target,
  options: PlanOptions,
): Collisions {
  const adoptions: TreeOperation[] = [];
  const hashes: Operation[] = [];
  const places = target.byPlace();
  for (const contenders of [...places.values()]) {
    const [first] = contenders;
    if (first === undefined) continue;
    const { parentId, name } = first.place;
    const occupant = target.atRest(parentId, nameKey(name));
    if (occupant === undefined && contenders.length === 1) continue;
    const ranked = byPrecedence(contenders);
    const winner = occupant === undefined ? ranked.shift() : undefined;
    for (const loser of ranked) {
      if (winner !== undefined && isSameNode(winner, loser, target)) {
        const kind = loser.views.remote === undefined ? 'adopt' : 'cross';
        adoptions.push({ kind, id: loser.id, remoteId: winner.id });
        continue;
      }
      if (winner !== undefined && mayBeShare(winner, loser)) {
        hashes.push({ kind: 'hash', id: loser.id });
        continue;
      }
      const taken = (candidate: string) =>
        places.has(placeKey(parentId, nameKey(candidate))) ||
        isTaken(trees, { parentId, name: candidate }, loser.id);
      const place = { parentId, name: options.conflictName(loser.place.name, taken) };
      target.move(loser.id, place);
      places.set(placeKey(parentId, nameKey(place.name)), []);
    }
  }
  return { adoptions, hashes };
}

/** A file at the name of a shared one, that nobody has looked at. */
function mayBeShare({ views: { remote, local } }: DirtyNode, loser: DirtyNode): boolean {
  const here = loser.views.local;
  if (remote === undefined || local !== undefined || !isSharedRoot(remote)) return false;
  if (loser.views.remote !== undefined || here?.content !== null) return false;
  return remote.kind === 'file' && here.kind === 'file';
}

function byPrecedence(contenders: readonly DirtyNode[]): DirtyNode[] {
  return contenders.toSorted((left, right) => rank(left) - rank(right));
}

function rank({ id, views: { remote, synced }, place }: DirtyNode): number {
  if (id === SHARED) return -1;
  const isThere =
    remote !== undefined &&
    remote.parentId === place.parentId &&
    remote.key === nameKey(place.name);
  if (isThere) return 0;
  return synced === undefined ? 2 : 1;
}

function isSameNode(winner: DirtyNode, loser: DirtyNode, target: Target): boolean {
  const there = winner.views.remote;
  const here = loser.views.local;
  if (there === undefined || winner.views.local !== undefined) return false;
  if (winner.fate === 'apart') return false;
  if (here === undefined || here.kind !== there.kind) return false;
  const isShare = isSharedRoot(there);
  if (isShare && (there.kind !== 'file' || loser.views.remote !== undefined)) return false;
  if (loser.views.remote !== undefined && !target.crosses(loser)) return false;
  if (there.content === here.content) return true;
  if (isShare) return false;
  return there.kind === 'file' && (there.writable || here.content === null);
}

/** By another one: what has stepped aside already keeps the name that it got. */
function isTaken({ remote, local }: TreesReader, { parentId, name }: Place, by: NodeId): boolean {
  const key = nameKey(name);
  const there = [...remote.named(parentId, key), ...local.named(parentId, key)];
  return there.some(({ id }) => id !== by);
}
