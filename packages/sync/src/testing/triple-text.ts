import { nameKey } from '@valise/core/names';
import { MemoryTree } from '../tree/memory-tree.ts';
import type { NodeId, NodeKind, TreeNode } from '../tree/node.ts';
import { type AnyNode, BLANK } from './random-changes.ts';
import type { MemoryTrees, Triple } from './random-triple.ts';

/** A node in a data file; what is left out is as usual. */
export interface NodeText {
  readonly id: NodeId;
  readonly in?: NodeId;
  readonly name: string;
  readonly kind?: NodeKind;
  readonly content?: string;
  /** Nobody has looked at the content yet. */
  readonly unseen?: true;
  readonly version?: number;
  readonly modifiedAt?: number;
  readonly executable?: true;
  readonly owner?: string;
  readonly readOnly?: true;
  readonly shared?: true;
}

/** Three trees as data. */
export interface TripleText {
  readonly remote: readonly NodeText[];
  readonly local: readonly NodeText[];
  readonly synced: readonly NodeText[];
  readonly deselected?: readonly NodeId[];
  readonly superseded?: readonly string[];
}

export function readTriple(text: TripleText): Triple {
  return {
    remote: new MemoryTree(text.remote.map(readNode)),
    local: new MemoryTree(
      text.local.map((node) => {
        const { content, ...rest } = readNode(node);
        return { ...rest, content: node.unseen ? null : content };
      }),
    ),
    synced: new MemoryTree(text.synced.map(readNode)),
    deselected: new Set(text.deselected),
    superseded: new Set(text.superseded),
  };
}

export function writeTriple({ deselected, superseded, ...trees }: Triple): TripleText {
  return {
    ...writeTrees(trees),
    ...(deselected.size > 0 ? { deselected: [...deselected] } : {}),
    ...(superseded.size > 0 ? { superseded: [...superseded] } : {}),
  };
}

function writeTrees({ remote, local, synced }: MemoryTrees) {
  return { remote: write(remote.all()), local: write(local.all()), synced: write(synced.all()) };
}

function readNode(text: NodeText): AnyNode {
  const { id, name, kind = 'file', content = '', owner = '' } = text;
  const share = text.shared ? { name, sharedBy: owner, sharedAt: Number(id.slice(1)) } : null;
  return {
    ...BLANK,
    ...{ id, name, kind, content, owner, share },
    parentId: text.in ?? BLANK.parentId,
    key: nameKey(name),
    stamp: content,
    version: text.version ?? BLANK.version,
    modifiedAt: text.modifiedAt ?? BLANK.modifiedAt,
    executable: text.executable ?? BLANK.executable,
    writable: !text.readOnly,
  };
}

function write(nodes: Iterable<TreeNode & Partial<Omit<AnyNode, keyof TreeNode>>>): NodeText[] {
  return [...nodes].map((node) => {
    const { id, parentId, name, kind, version, modifiedAt, owner } = node;
    const content = node.content ?? node.stamp;
    return {
      id,
      ...(parentId === BLANK.parentId ? {} : { in: parentId }),
      name,
      ...(kind === BLANK.kind ? {} : { kind }),
      ...(content ? { content } : {}),
      ...(node.content === null ? { unseen: true } : {}),
      ...(version === BLANK.version || version === undefined ? {} : { version }),
      ...(modifiedAt === BLANK.modifiedAt ? {} : { modifiedAt }),
      ...(node.executable ? { executable: true } : {}),
      ...(owner ? { owner } : {}),
      ...(node.writable === false ? { readOnly: true } : {}),
      ...(node.share ? { shared: true } : {}),
    } satisfies NodeText;
  });
}
