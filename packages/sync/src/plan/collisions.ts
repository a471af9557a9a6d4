import { nameKey } from '@valise/core/names';
import type { NodeId, Place } from '../tree/node.ts';
import { placeKey } from '../tree/node.ts';
import type { TreesReader } from '../tree/tree.ts';
import type { Views } from './fates.ts';
import type { TreeOperation } from './operation.ts';
import type { PlanOptions } from './plan-options.ts';
import type { Target } from './target.ts';

interface Contender {
  readonly id: NodeId;
  readonly views: Views;
  readonly place: Place;
}

/**
 * Two living nodes at one place. The one that others see there keeps it. A new local node meeting a
 * new remote one of its kind is the same node (two folders merge; two files are compared, and an
 * edit decides); everything else steps aside under a conflicted copy's name.
 *
 * Answers the adoptions; while there are any, the rest of the plan waits for them.
 */
export function resolveCollisions(
  trees: TreesReader,
  target: Target,
  options: PlanOptions,
): TreeOperation[] {
  const adoptions: TreeOperation[] = [];
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
      if (winner !== undefined && isSameNode(winner, loser)) {
        adoptions.push({ kind: 'adopt', id: loser.id, remoteId: winner.id });
        continue;
      }
      const taken = (candidate: string) => isTaken(trees, places, parentId, candidate);
      const place = { parentId, name: options.conflictName(loser.place.name, taken) };
      target.move(loser.id, place);
      places.set(placeKey(parentId, nameKey(place.name)), []);
    }
  }
  return adoptions;
}

function byPrecedence<Node extends Contender>(contenders: readonly Node[]): Node[] {
  return contenders.toSorted((left, right) => rank(left) - rank(right));
}

function rank({ views: { remote, synced }, place }: Contender): number {
  const isThere =
    remote !== undefined &&
    remote.parentId === place.parentId &&
    remote.key === nameKey(place.name);
  if (isThere) return 0;
  return synced === undefined ? 2 : 1;
}

function isSameNode({ views: winner }: Contender, { views: loser }: Contender): boolean {
  const there = winner.remote;
  const here = loser.local;
  if (there === undefined || winner.local !== undefined) return false;
  if (here === undefined || loser.remote !== undefined || here.kind !== there.kind) return false;
  return there.kind !== 'symlink' || there.content === here.content;
}

function isTaken(
  trees: TreesReader,
  places: ReadonlyMap<string, unknown>,
  parentId: NodeId,
  candidate: string,
): boolean {
  const key = nameKey(candidate);
  return (
    places.has(placeKey(parentId, key)) ||
    trees.remote.named(parentId, key).length > 0 ||
    trees.local.named(parentId, key).length > 0
  );
}
