import { AppError } from '@valise/core/errors';
import { nameKey } from '@valise/core/names';
import { MemoryTree } from '../tree/memory-tree.ts';
import { at, type NodeId, type Place, type RemoteNode, ROOT } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';
import { descendants } from '../tree/tree.ts';

export type SharedRole = 'viewer' | 'editor';

interface Grant {
  readonly role: SharedRole;
  readonly sharedAt: number;
}

/** All of it at one moment. */
export interface Backup {
  readonly tree: readonly RemoteNode[];
  readonly trash: ReadonlyMap<NodeId, RemoteNode>;
  readonly trashed: readonly string[];
  readonly grants: readonly (readonly [NodeId, ReadonlyMap<string, Grant>])[];
}

/**
 * Everybody's files, and who may see and change which. Here every node is its owner's, and each
 * person has a root.
 */
export class FakeFiles {
  readonly tree = new MemoryTree<RemoteNode>();
  /** Contents in the trash. */
  readonly trashed: string[] = [];
  readonly #trash = new Map<NodeId, RemoteNode>();
  readonly #grants = new Map<NodeId, Map<string, Grant>>();

  /** That somebody has it shared with them directly. */
  grant(id: NodeId, person: string): Grant | undefined {
    return this.#grants.get(id)?.get(person);
  }

  setGrant(id: NodeId, person: string, grant: Grant | null): void {
    const grants = this.#grants.get(id) ?? new Map<string, Grant>();
    if (grant === null) grants.delete(person);
    else grants.set(person, grant);
    this.#grants.set(id, grants);
  }

  sharedWith(id: NodeId): readonly string[] {
    return [...(this.#grants.get(id)?.keys() ?? [])];
  }

  /** Everything of these people's, parents before children. */
  of(people: readonly string[]): readonly RemoteNode[] {
    return people.flatMap((person) => descendants(this.tree, rootOf(person)));
  }

  /** Of that id, in the trash or out of it. */
  made(id: NodeId): RemoteNode | undefined {
    return this.tree.get(id) ?? this.#trash.get(id);
  }

  role(person: string, id: NodeId): 'owner' | SharedRole | null {
    let best: SharedRole | null = null;
    for (let at = id; ; ) {
      if (at === rootOf(person)) return 'owner';
      const node = this.made(at);
      if (node === undefined) return best;
      const role = this.grant(at, person)?.role;
      if (role !== undefined && best !== 'editor') best = role;
      at = node.parentId;
    }
  }

  /** A node as one person sees it; null if they don't. */
  view(person: string, node: RemoteNode): RemoteNode | null {
    const role = this.role(person, node.id);
    if (role === null) return null;
    if (node.owner === person) {
      const parentId = node.parentId === rootOf(person) ? ROOT : node.parentId;
      return { ...node, parentId, owner: '', writable: true };
    }
    const isRoot = this.role(person, node.parentId) === null;
    const sharedAt = this.grant(node.id, person)?.sharedAt ?? 0;
    return {
      ...node,
      parentId: isRoot ? SHARED : node.parentId,
      writable: role === 'editor',
      share: isRoot ? { name: node.name, sharedBy: node.owner, sharedAt } : null,
    };
  }

  /** What that person sees. */
  need(person: string, id: NodeId): RemoteNode {
    const node = this.tree.get(id);
    if (node === undefined || this.role(person, id) === null) throw new AppError('file-not-found');
    return node;
  }

  /** What that person may change. */
  needRole(person: string, id: NodeId): RemoteNode {
    const node = this.need(person, id);
    if (this.role(person, id) === 'viewer') throw new AppError('forbidden');
    return node;
  }

  /** Where that person may put something. */
  needParent(person: string, id: NodeId): { readonly id: NodeId; readonly owner: string } {
    if (id === ROOT) return { id: rootOf(person), owner: person };
    // The owner's root, for who keeps a thing where it is without seeing that.
    if (id.startsWith('~')) return { id, owner: id.slice(1) };
    const folder = this.needRole(person, id);
    if (folder.kind !== 'folder') throw new AppError('not-a-folder');
    return folder;
  }

  isAbove(id: NodeId, folderId: NodeId): boolean {
    for (
      let at: NodeId | undefined = folderId;
      at !== undefined;
      at = this.tree.get(at)?.parentId
    ) {
      if (at === id) return true;
    }
    return false;
  }

  /** Something else has that name there. */
  isTaken(node: RemoteNode): boolean {
    return this.tree.named(node.parentId, node.key).some(({ id }) => id !== node.id);
  }

  named(person: string, { parentId, name }: Place): RemoteNode | undefined {
    return this.tree.named(this.needParent(person, parentId).id, nameKey(name))[0];
  }

  discard(node: RemoteNode): void {
    if (node.kind === 'file') this.trashed.push(node.content);
    this.#trash.set(node.id, node);
    this.tree.delete(node.id);
  }

  /** What is to be edited; out of the trash, with its folders, if it lies there. */
  revive(person: string, id: NodeId): RemoteNode {
    if (this.role(person, id) === null) throw new AppError('file-not-found');
    if (this.role(person, id) === 'viewer') throw new AppError('forbidden');
    const there = this.tree.get(id);
    if (there !== undefined) return there;
    const node = this.#trash.get(id);
    if (node === undefined) throw new AppError('target-gone');
    this.#restore(node);
    return this.need(person, id);
  }

  backUp(): Backup {
    const tree = [...this.tree.all()];
    const grants = [...this.#grants].map(([id, to]) => [id, new Map(to)] as const);
    return { tree, trash: new Map(this.#trash), trashed: [...this.trashed], grants };
  }

  /** Goes back to what it was then. */
  restore({ tree, trash, trashed, grants }: Backup): void {
    for (const { id } of [...this.tree.all()]) this.tree.delete(id);
    for (const node of tree) this.tree.set(node);
    this.#trash.clear();
    for (const [id, node] of trash) this.#trash.set(id, node);
    this.trashed.splice(0, Number.POSITIVE_INFINITY, ...trashed);
    this.#grants.clear();
    for (const [id, to] of grants) this.#grants.set(id, new Map(to));
  }

  #restore(node: RemoteNode): void {
    const above = this.#trash.get(node.parentId);
    if (above !== undefined) this.#restore(above);
    let back = node;
    while (this.isTaken(back)) back = at(back, { ...back, name: `${back.name} (restored)` });
    this.tree.set(back);
    this.#trash.delete(node.id);
    if (node.kind === 'file') this.trashed.splice(this.trashed.indexOf(node.content), 1);
  }
}

function rootOf(person: string): NodeId {
  return `~${person}`;
}
