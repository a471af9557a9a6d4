import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { NodeId, NodeKind, TreeNode } from '../tree/node.ts';
import type { Tree } from '../tree/tree.ts';

type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** What one tree has besides the columns of all. */
export interface TreeColumns<Node extends TreeNode> {
  /** With its SQL type. */
  readonly columns: Readonly<Record<string, string>>;
  toRow(node: Node): Row;
  /** `base`: what all trees have. */
  toNode(base: TreeNode, row: Row): Node;
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

/** A tree as a table. One row a node, every read by an index. */
export function sqliteTree<Node extends TreeNode>(
  db: DatabaseSync,
  table: string,
  own: TreeColumns<Node>,
): Tree<Node> {
  const columns = { ...COMMON, ...own.columns };
  const names = Object.keys(columns);
  const definitions = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  db.exec(`CREATE TABLE IF NOT EXISTS ${table} (${definitions.join(', ')}) WITHOUT ROWID`);
  db.exec(`CREATE INDEX IF NOT EXISTS ${table}_place ON ${table} (parent, key)`);
  const prepare = (sql: string): StatementSync => db.prepare(sql);
  const byId = prepare(`SELECT * FROM ${table} WHERE id = ?`);
  const byParent = prepare(`SELECT * FROM ${table} WHERE parent = ?`);
  const byPlace = prepare(`SELECT * FROM ${table} WHERE parent = ? AND key = ?`);
  const everything = prepare(`SELECT * FROM ${table}`);
  const marks = names.map((name) => `:${name}`).join(', ');
  const replace = prepare(
    `INSERT OR REPLACE INTO ${table} (${names.join(', ')}) VALUES (${marks})`,
  );
  const remove = prepare(`DELETE FROM ${table} WHERE id = ?`);
  const parse = (row: unknown): Node => {
    const values = row as Row;
    return own.toNode(baseOf(values), values);
  };
  return {
    get(id) {
      const row = byId.get(id);
      return row === undefined ? undefined : parse(row);
    },
    children: (parentId) => byParent.all(parentId).map(parse),
    named: (parentId, key) => byPlace.all(parentId, key).map(parse),
    set(node) {
      replace.run({ ...rowOf(node), ...own.toRow(node) });
    },
    delete(id: NodeId) {
      remove.run(id);
    },
    *all() {
      for (const row of everything.iterate()) yield parse(row);
    },
  };
}

function rowOf(node: TreeNode): Row {
  return {
    id: node.id,
    parent: node.parentId,
    name: node.name,
    key: node.key,
    kind: node.kind,
    content: node.content,
    size: node.size,
    modified_at: node.modifiedAt,
    executable: node.executable ? 1 : 0,
  };
}

function baseOf(row: Row): TreeNode {
  return {
    id: String(row.id),
    parentId: String(row.parent),
    name: String(row.name),
    key: String(row.key),
    kind: row.kind as NodeKind,
    content: row.content === null ? null : String(row.content),
    size: Number(row.size),
    modifiedAt: Number(row.modified_at),
    executable: row.executable === 1,
  };
}
