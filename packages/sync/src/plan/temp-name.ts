import type { NodeId } from '../tree/node.ts';

const MARK = '.valise-';

/**
 * Where a node waits while others take its place (two files that swap their names need a third
 * one). It carries the node's own mark and its true name, so that a planner after a crash sees
 * through it, and no file that a person named so is taken for one.
 */
export function tempName(id: NodeId, name: string): string {
  return trueName(id, name) + mark(id);
}

export function isTempName(id: NodeId, name: string): boolean {
  return name.endsWith(mark(id)) && name.length > mark(id).length;
}

/** The name behind a temporary one; any other name is itself. */
export function trueName(id: NodeId, name: string): string {
  return isTempName(id, name) ? name.slice(0, -mark(id).length) : name;
}

function mark(id: NodeId): string {
  return `${MARK}${id.replaceAll('-', '').slice(-12)}`;
}
