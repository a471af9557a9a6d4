import { DatabaseSync } from 'node:sqlite';
import type { LocalNode, NodeId, RemoteNode, Share, SyncedNode, TreeNode } from '../tree/node.ts';
import type { Rest } from '../tree/settle.ts';
import { type SqliteTree, sqliteTree, type TreeColumns } from './sqlite-tree.ts';
import type { StateStore } from './sync-state.ts';

/** Another layout of the tables is another number; what an older agent left is then begun anew. */
const LAYOUT = 2;

const REMOTE: TreeColumns<RemoteNode> = {
  columns: {
    version: 'INTEGER NOT NULL',
    writable: 'INTEGER NOT NULL',
    owner: 'TEXT NOT NULL',
    share: 'TEXT',
  },
  toValues: ({ version, writable, owner, share }) => [
    version,
    writable ? 1 : 0,
    owner,
    share === null ? null : JSON.stringify(share),
  ],
  toNode: (base, [version, writable, owner, share = null]) => ({
    ...base,
    content: base.content ?? '',
    version: Number(version),
    writable: writable === 1,
    owner: String(owner),
    share: share === null ? null : (JSON.parse(String(share)) as Share),
  }),
};

const LOCAL: TreeColumns<LocalNode> = {
  columns: {
    stamp: 'TEXT NOT NULL',
    ctime: 'TEXT NOT NULL',
    inode: 'TEXT NOT NULL',
    disk_name: 'TEXT NOT NULL',
  },
  toValues: ({ stamp, ctime, inode, diskName }) => [stamp, ctime, inode, diskName],
  toNode: (base, [stamp, ctime, inode, diskName]) => ({
    ...base,
    stamp: String(stamp),
    ctime: String(ctime),
    inode: String(inode),
    diskName: String(diskName),
  }),
};

const SYNCED: TreeColumns<SyncedNode> = {
  columns: { version: 'INTEGER NOT NULL' },
  toValues: ({ version }) => [version],
  toNode: (base, [version]) => ({ ...base, content: base.content ?? '', version: Number(version) }),
};

/** The same conditions as in `settle.ts`, for all nodes at once. */
const RESTLESS = `
  SELECT s.id, 0 AS is_addition
    FROM synced s LEFT JOIN remote r ON r.id = s.id LEFT JOIN local l ON l.id = s.id
   WHERE r.id IS NULL OR l.id IS NULL OR r.parent <> s.parent OR l.parent <> s.parent
      OR r.name <> s.name OR l.name <> s.name OR r.content <> s.content OR l.content IS NULL
      OR l.content <> s.content OR r.version <> s.version
      OR r.modified_at <> s.modified_at OR l.modified_at <> s.modified_at
      OR r.executable <> s.executable OR l.executable <> s.executable
  UNION ALL
  SELECT r.id, r.kind <> 'folder' AND l.id IS NULL FROM remote r LEFT JOIN local l ON l.id = r.id
   WHERE r.id NOT IN (SELECT id FROM synced)
  UNION ALL
  SELECT id, kind <> 'folder' FROM local
   WHERE id NOT IN (SELECT id FROM synced) AND id NOT IN (SELECT id FROM remote)`;

export interface SqliteStore extends StateStore {
  close(): void;
}

/**
 * The agent's memory in one SQLite file, held by one process at a time (`ERR_SQLITE_ERROR` with
 * "locked" for a second). After a power cut it may be a moment older than the disk, which is safe;
 * it is never newer, because disk writes are durable before they are noted here.
 */
export function openSqliteStore(path: string): SqliteStore {
  const db = new DatabaseSync(path, { timeout: 200 });
  db.exec(
    'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL',
  );
  // The small cache keeps a million files within the memory that is promised.
  db.exec('PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY');
  beginAnewIfOld(db);
  /** Asked for several times a second by whoever shows it; counting reads an index of everything. */
  let countedFiles: number | null = null;
  const trees = {
    remote: sqliteTree(db, 'remote', REMOTE),
    local: sqliteTree(db, 'local', LOCAL),
    synced: telling(sqliteTree(db, 'synced', SYNCED), () => {
      countedFiles = null;
    }),
  };
  db.exec('CREATE INDEX IF NOT EXISTS local_inode ON local (inode)');
  db.exec('CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)');
  const byInode = db.prepare('SELECT id FROM local WHERE inode = ?');
  const begin = db.prepare('BEGIN');
  const commit = db.prepare('COMMIT');
  const files = db.prepare("SELECT count(*) AS files FROM synced WHERE kind <> 'folder'");
  const read = db.prepare('SELECT value FROM settings WHERE name = ?');
  const write = db.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)');
  const erase = db.prepare('DELETE FROM settings WHERE name = ?');
  return {
    trees,
    localByInode: (inode) =>
      byInode.all(inode).flatMap(({ id }) => trees.local.get(String(id)) ?? []),
    syncedFiles() {
      countedFiles ??= Number(files.get()?.files ?? 0);
      return countedFiles;
    },
    *restless(): Iterable<readonly [NodeId, Rest]> {
      for (const row of db.prepare(RESTLESS).iterate()) {
        const { id, is_addition: isAddition } = row;
        yield [String(id), isAddition === 1 ? 'addition' : 'changed'];
      }
    },
    value: (name) => {
      const row = read.get(name);
      return row === undefined ? null : String(row.value);
    },
    setValue(name, value) {
      if (value === null) erase.run(name);
      else write.run(name, value);
    },
    transaction(work) {
      begin.run();
      try {
        const result = work();
        commit.run();
        return result;
      } catch (error) {
        db.exec('ROLLBACK');
        countedFiles = null;
        for (const tree of Object.values(trees)) tree.rolledBack();
        throw error;
      }
    },
    close: () => db.close(),
  };
}

/** The same tree, that tells when it is changed. */
function telling<Node extends TreeNode>(
  tree: SqliteTree<Node>,
  onChange: () => void,
): SqliteTree<Node> {
  return {
    ...tree,
    set(node) {
      onChange();
      tree.set(node);
    },
    delete(id) {
      onChange();
      tree.delete(id);
    },
  };
}

function beginAnewIfOld(db: DatabaseSync): void {
  const layout = Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (layout === LAYOUT) return;
  for (const table of ['remote', 'local', 'synced', 'settings']) {
    db.exec(`DROP TABLE IF EXISTS ${table}`);
  }
  db.exec(`PRAGMA user_version = ${LAYOUT}`);
}
