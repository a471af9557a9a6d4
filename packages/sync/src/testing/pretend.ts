import type { Operation } from '../plan/operation.ts';
import { regionOf } from '../plan/region.ts';
import { changeLocalId, crossOver } from '../tree/change-id.ts';
import type { TreeNode } from '../tree/node.ts';
import {
  at,
  type LocalNode,
  type NodeId,
  type Place,
  type RemoteNode,
  ROOT,
} from '../tree/node.ts';
import { settle } from '../tree/settle.ts';
import { isSharedRoot } from '../tree/shared-folder.ts';
import { descendants, type Tree } from '../tree/tree.ts';
import type { MemoryTrees } from './random-triple.ts';

/** Carries operations out in memory, as if the server and the disk had done as they were told. */
export class Pretender {
  readonly #trees: MemoryTrees;
  readonly #touched = new Set<NodeId>();
  #count = 0;

  constructor(trees: MemoryTrees) {
    this.#trees = trees;
  }

  /** Throws if the operation isn't possible now: then the plan's order would matter. */
  run(operation: Operation): void {
    const { remote, local } = this.#trees;
    const { id } = operation;
    this.#touched.add(id);
    switch (operation.kind) {
      case 'adopt':
        this.#touchAll(local, id);
        changeLocalId(this.#trees, id, operation.remoteId);
        this.#touched.add(operation.remoteId);
        return;
      case 'renew':
        this.#touchAll(local, id);
        this.#renew(id);
        return;
      case 'forget':
        this.#trees.synced.delete(id);
        return;
      case 'cross':
        this.#touchAll(local, id);
        crossOver(this.#trees, id, operation.remoteId);
        this.#touched.add(operation.remoteId);
        return;
      case 'hash':
        this.#look(id);
        return;
      case 'remote-folder':
      case 'remote-symlink':
        this.#create(need(local, id), operation);
        return;
      case 'remote-upload':
        this.#upload(operation);
        return;
      case 'local-folder':
      case 'local-symlink':
      case 'local-create':
        put(local, at(asLocal(need(remote, id)), operation));
        return;
      case 'local-replace': {
        const { content, modifiedAt, executable } = need(remote, id);
        local.set({ ...need(local, id), content, modifiedAt, executable });
        return;
      }
      case 'remote-move':
        this.#move(id, operation);
        return;
      case 'remote-copy':
        this.#copy(need(remote, id), operation);
        return;
      case 'remote-leave':
        if (!isSharedRoot(need(remote, id))) throw new Error(`${id} can't be left.`);
        this.#remove(remote, id);
        return;
      case 'local-move':
        put(local, at(need(local, id), operation));
        return;
      case 'remote-meta': {
        const { modifiedAt, executable } = need(local, id);
        remote.set({ ...mayChange(need(remote, id)), modifiedAt, executable });
        return;
      }
      case 'local-meta': {
        const { modifiedAt, executable } = need(remote, id);
        local.set({ ...need(local, id), modifiedAt, executable });
        return;
      }
      case 'remote-delete':
        if (isSharedRoot(mayChange(need(remote, id)))) throw new Error(`${id} is theirs.`);
        this.#remove(remote, id);
        return;
      case 'local-trash':
        this.#evict(id);
        this.#remove(local, id);
        return;
      default:
        operation satisfies never;
    }
  }

  /** Settles whatever was touched. */
  settle(): void {
    for (const id of this.#touched) settle(this.#trees, id);
    this.#touched.clear();
  }

  #look(id: NodeId): LocalNode {
    const node = need(this.#trees.local, id);
    const seen = node.content === null ? { ...node, content: node.stamp } : node;
    this.#trees.local.set(seen);
    return seen;
  }

  #renew(id: NodeId): void {
    this.#count++;
    const fresh = `${id}x${this.#count}`;
    changeLocalId(this.#trees, id, fresh);
    this.#touched.add(fresh);
  }

  #upload(upload: Extract<Operation, { readonly kind: 'remote-upload' }>): void {
    const { id, baseVersion, isEdit } = upload;
    const { remote } = this.#trees;
    const mine = asRemote(this.#look(id));
    if (!isEdit) {
      this.#create(this.#look(id), upload);
      return;
    }
    const there = need(remote, id);
    mayChange(there);
    if (there.version !== baseVersion && there.content !== mine.content) {
      this.#count++;
      const copy = { ...there, id: `${id}c${this.#count}` };
      put(remote, at(copy, { parentId: there.parentId, name: `${there.name}~${this.#count}` }));
      this.#touched.add(copy.id);
    }
    const { content, modifiedAt, executable } = mine;
    remote.set({ ...there, content, modifiedAt, executable, version: there.version + 1 });
  }

  #create(node: LocalNode, place: Place): void {
    const { owner, writable } = regionOf(this.#trees, place.parentId);
    if (!writable) throw new Error(`Nothing can be put into ${place.parentId}.`);
    put(this.#trees.remote, at({ ...asRemote(node), owner }, place));
  }

  #move(id: NodeId, place: Place): void {
    const node = mayChange(need(this.#trees.remote, id));
    const { owner, writable } = regionOf(this.#trees, place.parentId);
    // A name is the node's own: whoever may change it may rename it where it is.
    const isRename = place.parentId === node.parentId;
    if (!isRename && (!writable || owner !== node.owner)) {
      throw new Error(`${id} can't be moved there.`);
    }
    if (isSharedRoot(node)) throw new Error(`${id}: the place of a share is given.`);
    put(this.#trees.remote, at(node, place));
  }

  #copy(node: RemoteNode, place: Place): void {
    const { remote } = this.#trees;
    const { owner, writable } = regionOf(this.#trees, place.parentId);
    if (!writable || owner === node.owner) throw new Error(`${node.id} isn't to be copied there.`);
    this.#count++;
    const id = `${node.id}y${this.#count}`;
    const below = remote.children(node.id);
    put(remote, { ...at(node, place), id, owner, writable, version: 1, share: null });
    this.#touched.add(id);
    for (const child of below) this.#copy(child, { parentId: id, name: child.name });
  }

  #remove(tree: Tree<RemoteNode> | Tree<LocalNode>, id: NodeId): void {
    need(tree as Tree<TreeNode>, id);
    for (const node of descendants(tree as Tree<TreeNode>, id)) {
      this.#touched.add(node.id);
      tree.delete(node.id);
    }
    tree.delete(id);
  }

  /** What the server still has isn't remembered. */
  #evict(id: NodeId): void {
    const { remote, local, synced } = this.#trees;
    for (const one of [id, ...descendants(local, id).map((node) => node.id)]) {
      if (remote.get(one) !== undefined) synced.delete(one);
    }
  }

  #touchAll(tree: Tree<LocalNode>, id: NodeId): void {
    for (const node of tree.children(id)) this.#touched.add(node.id);
  }
}

function need<Node extends TreeNode>(tree: Tree<Node>, id: NodeId): Node {
  const node = tree.get(id);
  if (node === undefined) throw new Error(`${id} isn't there.`);
  return node;
}

/** Puts a node into its place, refusing what no server and no disk would do. */
function put<Node extends TreeNode>(tree: Tree<Node>, node: Node): void {
  const { id, parentId, name } = node;
  if (parentId !== ROOT && tree.get(parentId)?.kind !== 'folder') {
    throw new Error(`${id}: its folder ${parentId} isn't there.`);
  }
  for (let above = parentId; above !== ROOT; above = need(tree, above).parentId) {
    if (above === id) throw new Error(`${id} would lie inside itself.`);
  }
  const other = tree.named(parentId, node.key).find((sibling) => sibling.id !== id);
  if (other !== undefined) throw new Error(`${id}: ${name} is taken by ${other.id}.`);
  tree.set(node);
}

function asRemote(node: LocalNode): RemoteNode {
  const { id, parentId, name, key, kind, content, size, modifiedAt, executable } = node;
  if (content === null) throw new Error(`${id} was not looked at.`);
  const base = { id, parentId, name, key, kind, content, size, modifiedAt, executable };
  return { ...base, version: 1, writable: true, owner: '', share: null };
}

function mayChange(node: RemoteNode): RemoteNode {
  if (!node.writable) throw new Error(`${node.id} may only be read.`);
  return node;
}

function asLocal(node: RemoteNode): LocalNode {
  const { id, parentId, name, key, kind, content, size, modifiedAt, executable } = node;
  const base = { id, parentId, name, key, kind, content, size, modifiedAt, executable };
  return { ...base, stamp: content, ctime: '', inode: id, diskName: name };
}
