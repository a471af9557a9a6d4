/** Raised with every change below: an index of another version is rebuilt from the journal. */
export const INDEX_VERSION = 1;

/**
 * Derived from the journal, never the truth. `position` is how far the journal has been applied,
 * written in the same transaction as what it applied. Extents are JSON, last in their row, so that
 * listings don't touch the overflow pages of long ones.
 */
export const indexSchema = `
  CREATE TABLE position (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    journal INTEGER NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL,
    batch INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE buckets (name TEXT PRIMARY KEY, created INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE objects (
    id INTEGER PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL,
    size INTEGER NOT NULL, etag TEXT NOT NULL, modified INTEGER NOT NULL,
    headers TEXT NOT NULL, checksums TEXT NOT NULL, upload TEXT, extents TEXT NOT NULL,
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
  CREATE TABLE blobs (id TEXT PRIMARY KEY, refs INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;
