/** Raised with every change below: an index of another version is rebuilt from the journal. */
export const INDEX_VERSION = 3;

/**
 * Derived from the journal, never the truth. `position` is how far the journal has been applied,
 * written in the same transaction as what it applied; `salt` is the one of that segment, by which an
 * index of another journal is noticed. Extents are JSON, last in their row, so that
 * listings don't touch the overflow pages of long ones.
 */
export const indexSchema = `
  CREATE TABLE position (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    segment INTEGER NOT NULL, salt INTEGER NOT NULL, offset INTEGER NOT NULL,
    batch INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE buckets (name TEXT PRIMARY KEY, created INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE objects (
    id INTEGER PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL,
    size INTEGER NOT NULL, etag TEXT NOT NULL, modified INTEGER NOT NULL,
    headers TEXT NOT NULL, checksums TEXT NOT NULL, upload TEXT, parts TEXT,
    extents TEXT NOT NULL,
    UNIQUE (bucket, key)
  ) STRICT;
  CREATE TABLE uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL,
    created INTEGER NOT NULL, headers TEXT NOT NULL,
    UNIQUE (bucket, key, id)
  ) STRICT;
  CREATE TABLE parts (
    id INTEGER PRIMARY KEY, upload TEXT NOT NULL, number INTEGER NOT NULL,
    size INTEGER NOT NULL, etag TEXT NOT NULL, modified INTEGER NOT NULL,
    checksums TEXT NOT NULL, extents TEXT NOT NULL,
    UNIQUE (upload, number)
  ) STRICT;
  CREATE INDEX uploads_by_age ON uploads (bucket, created);
  CREATE TABLE configs (
    bucket TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (bucket, name)
  ) STRICT, WITHOUT ROWID;
  -- refs: extents that name it. bytes: their lengths together (for j<n>, what is alive in there).
  CREATE TABLE blobs (
    id TEXT PRIMARY KEY, refs INTEGER NOT NULL, bytes INTEGER NOT NULL,
    size INTEGER, crc INTEGER
  ) STRICT, WITHOUT ROWID;
`;
