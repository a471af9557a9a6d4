import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { NodeId, NodeKind, TreeNode } from '../tree/node.ts';
import type { Tree } from '../tree/tree.ts';

export type Value = string | number | null;

/** What one tree has besides the columns of all. */
export interface TreeColumns<Node extends TreeNode> {
  /** With its SQL type, in the order of the values below. */
  readonly columns: Readonly<Record<string, string>>;
  toValues(node: Node): readonly Value[];
  /** `base`: what all trees have. */
  toNode(base: TreeNode, values: readonly Value[]): Node;
}

const COMMON = {
  id: 'TEXT PRIMARY KEY',
  parent: 'TEXT NOT NULL',
  name: 'TEXT NOT NULL',
  key: 'TEXT NOT NULL',
  kind: 'TEXT NOT NULL',
  content: 'TEXT',
  size: 'INTEGER NOT NULL',
  modified_at: 'REAL NOT NULL',
  executable: 'INTEGER NOT NULL',
} as const;
const COMMON_COUNT = Object.keys(COMMON).length;

/** Folders that are kept at hand: each path is a walk through them. */
const FOLDERS = 4_096;

export interface SqliteTree<Node extends TreeNode> extends Tree<Node> {
  /** What was set or deleted may not have happened. */
  rolledBack(): void;
}

/** A tree as a table. One row a node, every read by an index. */
export function sqliteTree<Node extends TreeNode>(
  db: DatabaseSync,
  table: string,
  own: TreeColumns<Node>,
): SqliteTree<Node> {
  const columns = { ...COMMON, ...own.columns };
  const names = Object.keys(columns);
  const definitions = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  db.exec(`CREATE TABLE IF NOT EXISTS ${table} (${definitions.join(', ')}) WITHOUT ROWID`);
  db.exec(`CREATE INDEX IF NOT EXISTS ${table}_place ON ${table} (parent, key)`);
  const prepare = (sql: string): StatementSync => {
    const statement = db.prepare(sql);
    // Without making an object with fifteen names of every row.
    statement.setReturnArrays(true);
    return statement;
  };
  const select = `SELECT ${names.join(', ')} FROM ${table}`;
  const byId = prepare(`${select} WHERE id = ?`);
  const byParent = prepare(`${select} WHERE parent = ?`);
  const byPlace = prepare(`${select} WHERE parent = ? AND key = ?`);
  const everything = prepare(select);
  const marks = names.map(() => '?').join(', ');
  const replace = prepare(
    `INSERT OR REPLACE INTO ${table} (${names.join(', ')}) VALUES (${marks})`,
  );
  const remove = prepare(`DELETE FROM ${table} WHERE id = ?`);
  const folders = new Map<NodeId, Node>();
  const parse = (row: unknown): Node => {
    const values = row as readonly Value[];
    return own.toNode(baseOf(values), values.slice(COMMON_COUNT));
  };
  return {
    get(id) {
      const folder = folders.get(id);
      if (folder !== undefined) return folder;
      const row = byId.get(id);
      if (row === undefined) return undefined;
      const node = parse(row);
      if (node.kind !== 'folder') return node;
      if (folders.size >= FOLDERS) folders.clear();
      folders.set(id, node);
      return node;
    },
    children: (parentId) => byParent.all(parentId).map(parse),
    named: (parentId, key) => byPlace.all(parentId, key).map(parse),
    set(node) {
      folders.delete(node.id);
      replace.run(...valuesOf(node), ...own.toValues(node));
    },
    delete(id: NodeId) {
      folders.delete(id);
      remove.run(id);
    },
    *all() {
      for (const row of everything.iterate()) yield parse(row);
    },
    rolledBack: () => folders.clear(),
  };
}

/** In the order of `COMMON`. */
function valuesOf(node: TreeNode): readonly Value[] {
  const { id, parentId, name, key, kind, content, size, modifiedAt, executable } = node;
  return [id, parentId, name, key, kind, content, size, modifiedAt, executable ? 1 : 0];
}

function baseOf(values: readonly Value[]): TreeNode {
  const [id, parent, name, key, kind, content = null, size, modifiedAt, executable] = values;
  return {
    id: String(id),
    parentId: String(parent),
    name: String(name),
    key: String(key),
    kind: kind as NodeKind,
    content: content === null ? null : String(content),
    size: Number(size),
    modifiedAt: Number(modifiedAt),
    executable: executable === 1,
  };
}
