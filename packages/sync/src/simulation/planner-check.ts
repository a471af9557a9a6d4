import { isTempName } from '../plan/temp-name.ts';
import type { Triple } from '../testing/random-triple.ts';
import { type NodeId, placeKey, type RemoteNode, ROOT, type TreeNode } from '../tree/node.ts';
import { SHARED, SHARED_FOLDER } from '../tree/shared-folder.ts';
import { descendants, type Tree } from '../tree/tree.ts';

/** What the invariants compare the end with. */
export interface Snapshot {
  readonly remote: Outline;
  readonly local: Outline;
  /** Which side changed nothing, node by node. */
  readonly unchanged: { readonly remote: boolean; readonly local: boolean };
  /** Not all that is done here may be done there. */
  readonly hasShares: boolean;
  /** Contents that only one side ever had. */
  readonly owed: Set<string>;
  /** What is the server's alone, as it stood there. */
  readonly apart: Map<NodeId, RemoteNode>;
  /** What others put where nothing is synced here. */
  readonly movedOut: Set<NodeId>;
}

/** Path → what is there. */
type Outline = ReadonlyMap<string, string>;

export function snapshot(triple: Triple): Snapshot {
  const { remote, local, synced, superseded } = triple;
  const owed = new Set<string>();
  for (const node of remote.all()) if (!superseded.has(node.content)) owed.add(node.content);
  for (const node of local.all()) owed.add(node.content ?? node.stamp);
  for (const node of synced.all()) {
    const version = remote.get(node.id)?.version ?? 0;
    // Where the server went back, what was agreed on may be here alone.
    const isHere = local.get(node.id)?.content === node.content;
    const isBehind = superseded.size > 0 && version <= node.version && isHere;
    if (!isBehind || superseded.has(node.content)) owed.delete(node.content);
  }
  const excluded = [...remote.all()].filter((node) => isOut(triple, node));
  const apart = excluded.filter(({ id }) => local.get(id) === undefined);
  const movedOut = excluded.filter(
    ({ id }) => local.get(id) !== undefined && local.get(id)?.parentId === synced.get(id)?.parentId,
  );
  return {
    remote: outline(remote),
    local: outline(local),
    hasShares: remote.get(SHARED) !== undefined,
    unchanged: {
      remote: isSameTree(remote, synced),
      // A server that went back doesn't have its way.
      local: superseded.size === 0 && isSameTree(local, synced),
    },
    owed,
    apart: new Map(apart.map((node) => [node.id, node])),
    movedOut: new Set(movedOut.map(({ id }) => id)),
  };
}

/** When nothing is left to do. */
export function checkEnd(triple: Triple, before: Snapshot, kept: readonly NodeId[]): void {
  const { remote, local, synced } = triple;
  const isKept = below(local, kept);
  const isApart = (node: TreeNode) => {
    const there = remote.get(node.id);
    return there !== undefined && isOut(triple, there);
  };
  // What isn't wanted here stays for the sake of what can't be sent.
  const holding = above(local, kept);
  const holders = [...local.all()].filter((node) => holding.has(node.id) && isApart(node));
  const holderIds = holders.map(({ id }) => id);
  // Nor does anything new come into it.
  const isBelowHere = below(local, holderIds);
  const isBelowThere = below(remote, holderIds);
  const isBelowHolder = (node: TreeNode) => isBelowHere(node) || isBelowThere(node);
  // A share that ended stays for the sake of what was written into it.
  const ended = new Set(kept.filter((id) => synced.get(id) !== undefined));
  const staying = [...local.all()].filter((node) => isBelowHolder(node) || ended.has(node.id));
  // What belongs there waits.
  const waiting = [...remote.all()].filter(({ parentId, key }) =>
    staying.some((node) => node.parentId === parentId && node.key === key),
  );
  const isWaiting = below(
    remote,
    waiting.map(({ id }) => id),
  );
  const isCommon = (node: TreeNode) => !isKept(node) && !isWaiting(node) && !isBelowHolder(node);
  const common = outline(remote, (node) => isCommon(node) && !isApart(node));
  const here = outline(local, isCommon);
  expectSame('I1: server and disk differ', common, here);
  const base = outline(synced, (node) => isCommon(node) && !isApart(node));
  expectSame('I1: the base differs', common, base);
  for (const [id, { parentId, name, key, content }] of before.apart) {
    const now = remote.get(id);
    // It has to make room for what others share.
    if (key === SHARED_FOLDER.key) continue;
    if (now?.parentId !== parentId || now.name !== name || now.content !== content) {
      throw new Error(`${id} isn't synced here, and was changed at the server`);
    }
  }
  for (const id of before.movedOut) {
    if (!remote.get(id)) throw new Error(`${id} went from here, and was deleted at the server`);
  }
  const contents = new Set([...remote.all()].map(({ content }) => content));
  for (const node of local.all()) contents.add(node.content ?? node.stamp);
  for (const content of before.owed) {
    if (!contents.has(content)) throw new Error(`I9: ${content} was in no base and is gone`);
  }
  const { unchanged, hasShares } = before;
  const there = outline(remote);
  if (unchanged.remote && !hasShares && before.apart.size === 0) {
    expectSame('I12: only here was changed', before.local, there);
  }
  if (unchanged.local) expectSame('I12: only there was changed', before.remote, there);
}

/** Nothing is synced here where it lies, or where somebody here put a folder that it lies in. */
function isOut(triple: Triple, node: RemoteNode): boolean {
  const { remote, deselected } = triple;
  const ring = new Set<NodeId>();
  for (;;) {
    const passed: NodeId[] = [];
    let at: RemoteNode | undefined = node;
    while (at !== undefined && !passed.includes(at.id)) {
      passed.push(at.id);
      // Of folders inside one another the server's order holds.
      at = remote.get(ring.has(at.id) ? at.parentId : parentOf(triple, at));
    }
    if (at === undefined) return passed.some((id) => deselected.has(id));
    for (const id of passed.slice(passed.indexOf(at.id))) ring.add(id);
  }
}

/** Where others have it, or somebody here put it. */
function parentOf({ local, synced }: Triple, { id, parentId, writable }: RemoteNode): NodeId {
  const here = local.get(id)?.parentId ?? parentId;
  const isMovedHere = writable && parentId === synced.get(id)?.parentId && here !== SHARED;
  return isMovedHere ? here : parentId;
}

/** Whether a node is one of these or lies below one. */
function below<Node extends TreeNode>(tree: Tree<Node>, ids: readonly NodeId[]) {
  const found = new Set(ids);
  for (const id of ids) for (const node of descendants(tree, id)) found.add(node.id);
  return ({ id }: TreeNode) => found.has(id);
}

function above(tree: Tree<TreeNode>, ids: readonly NodeId[]): ReadonlySet<NodeId> {
  const found = new Set<NodeId>();
  for (const id of ids) {
    for (let at = tree.get(id); at !== undefined; at = tree.get(at.parentId)) found.add(at.id);
  }
  return found;
}

/** I3, I4: every node hangs on the root, and no two share a place. Only `temporary` may keep such names. */
export function checkShape(tree: Tree<TreeNode>, temporary: ReadonlySet<NodeId>): void {
  const places = new Set<string>();
  for (const node of tree.all()) {
    const place = placeKey(node.parentId, node.key);
    if (places.has(place)) throw new Error(`I3: two nodes at ${place}`);
    places.add(place);
    pathOf(tree, node);
    const isTemporary = isTempName(node.id, node.name);
    if (isTemporary && !temporary.has(node.id)) throw new Error('A temporary name stayed');
  }
}

function outline(
  tree: Tree<RemoteLike>,
  isWanted: (node: RemoteLike) => boolean = () => true,
): Outline {
  return new Map(
    [...tree.all()].filter(isWanted).map((node) => {
      const meta = node.kind === 'file' ? ` ${node.modifiedAt} ${node.executable}` : '';
      return [pathOf(tree, node), `${node.kind} ${node.content ?? node.stamp}${meta}`];
    }),
  );
}

type RemoteLike = TreeNode & { readonly stamp?: string };

function pathOf(tree: Tree<TreeNode>, node: TreeNode): string {
  const names = [node.name];
  for (let id = node.parentId; id !== ROOT; ) {
    const parent = tree.get(id);
    if (parent === undefined) throw new Error(`I3: ${node.id} hangs on nothing`);
    if (names.length > 100) throw new Error(`I3: ${node.id} lies inside itself`);
    names.unshift(parent.name);
    id = parent.parentId;
  }
  return names.join('/');
}

function isSameTree(left: Tree<RemoteLike>, right: Tree<RemoteLike>): boolean {
  const lines = (tree: Tree<RemoteLike>) =>
    new Map([...tree.all()].map((node) => [node.id, lineOf(node)]));
  return isSame(lines(left), lines(right));
}

function lineOf({ parentId, name, content, stamp, modifiedAt, executable }: RemoteLike): string {
  return JSON.stringify([parentId, name, content ?? stamp, modifiedAt, executable]);
}

function isSame(left: Outline, right: Outline): boolean {
  return left.size === right.size && [...left].every(([path, what]) => right.get(path) === what);
}

function expectSame(message: string, left: Outline, right: Outline): void {
  if (isSame(left, right)) return;
  const only = (one: Outline, other: Outline) =>
    [...one].filter(([path, what]) => other.get(path) !== what).map((entry) => entry.join(': '));
  throw new Error(`${message}: [${only(left, right)}] against [${only(right, left)}]`);
}
