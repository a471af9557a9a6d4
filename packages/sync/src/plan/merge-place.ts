import type { LocalNode, Place, RemoteNode } from '../tree/node.ts';
import { isSamePlace } from '../tree/node.ts';
import { isSharedRoot, SHARED } from '../tree/shared-folder.ts';
import type { TreesReader } from '../tree/tree.ts';
import type { Views } from './fates.ts';
import { regionOf } from './region.ts';
import { isTempName, trueName } from './temp-name.ts';

/**
 * Where a node belongs: folder and name are merged apart, so that a rename here and a move there
 * both hold. Where both sides changed the same, the server's holds, because others have seen it.
 * What may not be moved goes back to where the server has it; what may be read, though, may be
 * taken over into another owner's tree. Undefined for a node that stands on neither side.
 */
export function mergePlace(
  { remote, local, synced }: Views,
  trees: TreesReader,
): Place | undefined {
  if (remote === undefined) return local && placeHere(local);
  if (local === undefined && synced !== undefined) return trulyThere(remote);
  if (local === undefined || synced === undefined) return placeThere(remote);
  if (remote.id === SHARED || isSharedRoot(remote)) return placeThere(remote);
  const here = placeHere(local);
  const movedHere = here.parentId !== synced.parentId && remote.parentId === synced.parentId;
  const region = movedHere ? regionOf(trees, here.parentId) : remote;
  if (region.writable && region.owner !== remote.owner) return here;
  if (!remote.writable) return placeThere(remote);
  return {
    parentId: movedHere && region.writable ? here.parentId : remote.parentId,
    name: mergeName(remote, local, { here, base: synced }),
  };
}

function mergeName(
  remote: RemoteNode,
  local: LocalNode,
  { here, base }: { readonly here: Place; readonly base: Place },
): string {
  const renamedHere = here.name !== base.name;
  // Somebody's move is on its way; if it is ours, the true name holds, else we only follow.
  if (isTempName(remote.id, remote.name)) {
    if (isSamePlace(local, base)) return remote.name;
    return renamedHere ? here.name : trueName(remote.id, remote.name);
  }
  return renamedHere && remote.name === base.name ? here.name : remote.name;
}

/** A temporary name on the disk is this agent's own and nobody's wish. */
function placeHere(local: LocalNode): Place {
  return { parentId: local.parentId, name: trueName(local.id, local.name) };
}

/** A temporary name that it has there is this agent's doing. */
function trulyThere({ id, parentId, name }: RemoteNode): Place {
  return { parentId, name: trueName(id, name) };
}

function placeThere({ parentId, name }: RemoteNode): Place {
  return { parentId, name };
}
