-- While a job still carries a loss of access through a large subtree, rows that name this grant may
-- be stale: as long as `unsettled` > 0 nobody trusts them, and the ancestors are asked instead.
ALTER TABLE grants ADD COLUMN unsettled integer NOT NULL DEFAULT 0;

-- "Shared with me", newest first, by whole pages.
DROP INDEX grants_to_user;
CREATE INDEX grants_to_user ON grants (user_id, granted_at DESC, id DESC);

-- Who sees a file, in user order: the first few in the transaction, the others by a job.
DROP INDEX access_of_file;
CREATE INDEX access_of_file ON access (file_id, user_id);

-- A folder's children in batches, however many.
DROP INDEX files_children;
CREATE INDEX files_children ON files (parent_id, id);

-- What someone deleted in other people's trees: theirs to undo.
CREATE INDEX deletions_elsewhere ON deletions (deleted_by, deleted_at DESC, id DESC)
  WHERE deleted_by <> owner_id;

-- Work on `access` that a transaction left to do: what touches more people or files than it should
-- make anyone wait for. A batch is one transaction that locks the job's row, so that any server
-- goes on where another was killed.
CREATE TABLE fanouts (
  id         uuid PRIMARY KEY,
  -- Whose tree.
  owner_id   uuid NOT NULL REFERENCES users,
  -- Whose rows: of everything below the items. Null: everyone's, but only of the items themselves.
  users      uuid[],
  -- Grants that can be trusted again afterwards.
  settles    uuid[] NOT NULL DEFAULT '{}',
  -- The longest waiting is next: a long job doesn't hold up the short ones.
  turn       timestamptz NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX fanouts_by_turn ON fanouts (turn);
CREATE INDEX fanouts_of_owner ON fanouts (owner_id);

-- `after`: the last user (or, with users given, child) done; null where nothing is yet.
CREATE TABLE fanout_items (
  fanout_id uuid NOT NULL REFERENCES fanouts ON DELETE CASCADE,
  file_id   uuid NOT NULL,
  after     uuid,
  PRIMARY KEY (fanout_id, file_id)
);

-- Addresses that someone tried to share with and nobody has: so many an hour, on all servers.
CREATE TABLE unknown_people (
  user_id uuid NOT NULL REFERENCES users,
  at      timestamptz NOT NULL,
  count   integer NOT NULL
);
CREATE INDEX unknown_people_of_user ON unknown_people (user_id, at);
