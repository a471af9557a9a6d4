import { isSamePlace, type NodeId, type Place, type TreeNode } from '../tree/node.ts';
import type { TreeReader, TreesReader } from '../tree/tree.ts';
import type { Views } from './fates.ts';
import type { Operation } from './operation.ts';

/** One of the two sides, as something that can be changed. */
export interface Side {
  readonly tree: TreeReader<TreeNode>;
  /** Undefined where it may not be created. */
  create(views: Views, place: Place): Operation | undefined;
  move(id: NodeId, place: Place): Operation;
  /** Into another owner's tree; undefined where that isn't possible. */
  cross(views: Views, place: Place): Operation | undefined;
  delete(id: NodeId): Operation;
  /** This device's: what is to be the server's alone goes from it. */
  readonly isHere: boolean;
}

export function remoteSide(trees: TreesReader): Side {
  const { remote } = trees;
  return {
    tree: remote,
    create({ local }, place) {
      // What has to step aside here is sent under its new name, or it would not be known again.
      if (local === undefined || !isSamePlace(local, place)) return undefined;
      const { id } = local;
      if (remote.get(place.parentId)?.writable === false) return undefined;
      if (local.kind === 'folder') return { kind: 'remote-folder', id, ...place };
      if (local.kind === 'symlink') return { kind: 'remote-symlink', id, ...place };
      return { kind: 'remote-upload', id, ...place, baseVersion: null, isEdit: false };
    },
    move: (id, { parentId, name }) => ({ kind: 'remote-move', id, parentId, name }),
    cross({ local }, { parentId, name }) {
      // By its place here its copy is known.
      if (local === undefined || !isSamePlace(local, { parentId, name })) return undefined;
      return { kind: 'remote-copy', id: local.id, parentId, name };
    },
    delete: (id) => ({ kind: 'remote-delete', id }),
    isHere: false,
  };
}

export function localSide(trees: TreesReader): Side {
  return {
    tree: trees.local,
    create({ remote }, place) {
      if (remote === undefined) return undefined;
      const { id } = remote;
      if (remote.kind === 'folder') return { kind: 'local-folder', id, ...place };
      if (remote.kind === 'symlink') return { kind: 'local-symlink', id, ...place };
      return { kind: 'local-create', id, ...place };
    },
    move: localMove,
    cross: ({ local }, place) => local && localMove(local.id, place),
    delete: (id) => ({ kind: 'local-trash', id }),
    isHere: true,
  };
}

function localMove(id: NodeId, { parentId, name }: Place): Operation {
  return { kind: 'local-move', id, parentId, name };
}
