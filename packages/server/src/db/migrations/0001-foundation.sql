-- People and their devices ------------------------------------------------------------------

CREATE TABLE users (
  id            uuid PRIMARY KEY,
  email         text NOT NULL,
  email_key     text COLLATE "C" NOT NULL UNIQUE,
  name          text NOT NULL,
  password_hash text NOT NULL,
  created_at    timestamptz NOT NULL
);

-- A device is one login. Refresh tokens are kept as SHA-256 only.
CREATE TABLE devices (
  id                    uuid PRIMARY KEY,
  user_id               uuid NOT NULL REFERENCES users,
  name                  text NOT NULL,
  refresh_hash          bytea NOT NULL UNIQUE,
  previous_refresh_hash bytea UNIQUE,
  rotated_at            timestamptz NOT NULL,
  created_at            timestamptz NOT NULL,
  last_seen_at          timestamptz NOT NULL,
  revoked_at            timestamptz
);
CREATE INDEX devices_of_user ON devices (user_id, created_at) WHERE revoked_at IS NULL;
CREATE INDEX devices_revoked ON devices (revoked_at) WHERE revoked_at IS NOT NULL;

-- RFC 8628: codes that wait for a person to confirm them.
CREATE TABLE device_codes (
  device_code_hash bytea PRIMARY KEY,
  user_code        text COLLATE "C" NOT NULL UNIQUE,
  device_name      text NOT NULL,
  user_id          uuid REFERENCES users,
  denied           boolean NOT NULL DEFAULT false,
  interval_seconds integer NOT NULL,
  last_asked_at    timestamptz,
  expires_at       timestamptz NOT NULL
);
CREATE INDEX device_codes_expiry ON device_codes (expires_at);

-- One change feed per person. `epoch` changes when the database's history does.
CREATE TABLE feeds (
  user_id uuid PRIMARY KEY REFERENCES users,
  epoch   uuid NOT NULL DEFAULT gen_random_uuid(),
  seq     bigint NOT NULL DEFAULT 0,
  min_seq bigint NOT NULL DEFAULT 0
);

-- Content -----------------------------------------------------------------------------------

-- One immutable S3 object per content. `manifest` is packed (32-byte digest, u32be size) records.
-- live -> condemned (nothing names it; may no longer be linked) -> deleted by the collector.
CREATE TABLE objects (
  id           uuid PRIMARY KEY,
  store        text NOT NULL,
  key          text COLLATE "C" NOT NULL UNIQUE,
  size         bigint NOT NULL,
  fingerprint  bytea,
  recipe       text,
  manifest     bytea,
  chunk_count  integer NOT NULL DEFAULT 0,
  etag         text NOT NULL,
  uploader_id  uuid NOT NULL REFERENCES users,
  state        text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'condemned')),
  condemned_at timestamptz,
  created_at   timestamptz NOT NULL
);
ALTER TABLE objects ALTER COLUMN manifest SET STORAGE EXTERNAL;
CREATE INDEX objects_own_content ON objects (uploader_id, fingerprint)
  WHERE state = 'live' AND fingerprint IS NOT NULL;
CREATE INDEX objects_condemned ON objects (condemned_at) WHERE state = 'condemned';

-- What may have lost its last name; the collector looks after `not_before`.
CREATE TABLE object_releases (
  object_id  uuid NOT NULL REFERENCES objects ON DELETE CASCADE,
  not_before timestamptz NOT NULL,
  PRIMARY KEY (object_id, not_before)
);
CREATE INDEX object_releases_due ON object_releases (not_before);

-- The tree ----------------------------------------------------------------------------------

-- One act of deleting: the file it was aimed at, with all that lay below and was still live.
CREATE TABLE deletions (
  id         uuid PRIMARY KEY,
  owner_id   uuid NOT NULL REFERENCES users,
  file_id    uuid NOT NULL,
  deleted_by uuid NOT NULL REFERENCES users,
  deleted_at timestamptz NOT NULL
);
CREATE INDEX deletions_of_owner ON deletions (owner_id, deleted_at DESC, id DESC);
CREATE INDEX deletions_age ON deletions (deleted_at);

-- `status = 'uploading'`: first content unconfirmed; holds no name against others.
CREATE TABLE files (
  id               uuid PRIMARY KEY,
  owner_id         uuid NOT NULL REFERENCES users,
  created_by       uuid NOT NULL REFERENCES users,
  parent_id        uuid REFERENCES files,
  kind             text NOT NULL CHECK (kind IN ('file', 'folder', 'symlink')),
  status           text NOT NULL CHECK (status IN ('uploading', 'uploaded')),
  name             text NOT NULL,
  name_key         text COLLATE "C" NOT NULL,
  name_key_version smallint NOT NULL,
  target           text,
  executable       boolean NOT NULL DEFAULT false,
  size             bigint NOT NULL DEFAULT 0,
  mime_type        text,
  object_id        uuid REFERENCES objects,
  version          integer NOT NULL DEFAULT 0,
  version_user_id  uuid REFERENCES users,
  version_device_id uuid REFERENCES devices,
  version_at       timestamptz,
  modified_at      timestamptz NOT NULL,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  deletion_id      uuid REFERENCES deletions,
  -- SHA-256 of the call that made this row under a client-made id (folders, symlinks, copies):
  -- the same call again gets the same answer, another one "id-taken".
  request_hash     bytea
);
CREATE UNIQUE INDEX files_live_name ON files (owner_id, parent_id, name_key) NULLS NOT DISTINCT
  WHERE status = 'uploaded' AND deletion_id IS NULL;
CREATE INDEX files_children ON files (parent_id);
CREATE INDEX files_by_update ON files (owner_id, parent_id, updated_at, id)
  WHERE status = 'uploaded' AND deletion_id IS NULL;
CREATE INDEX files_by_size ON files (owner_id, parent_id, size, id)
  WHERE status = 'uploaded' AND deletion_id IS NULL;
CREATE INDEX files_of_object ON files (object_id) WHERE object_id IS NOT NULL;
CREATE INDEX files_of_deletion ON files (deletion_id) WHERE deletion_id IS NOT NULL;

-- The versions that a file had before this one, for as long as their objects live:
-- what `?since=<version>` and edits against a base are read from.
CREATE TABLE file_versions (
  file_id   uuid NOT NULL REFERENCES files ON DELETE CASCADE,
  version   integer NOT NULL,
  object_id uuid REFERENCES objects ON DELETE CASCADE,
  ended_at  timestamptz NOT NULL,
  PRIMARY KEY (file_id, version)
);
CREATE INDEX file_versions_of_object ON file_versions (object_id);
CREATE INDEX file_versions_age ON file_versions (ended_at);

-- Who may see what --------------------------------------------------------------------------

-- The explicit edges of the sharing graph.
CREATE TABLE grants (
  id         uuid PRIMARY KEY,
  file_id    uuid NOT NULL REFERENCES files ON DELETE CASCADE,
  user_id    uuid NOT NULL REFERENCES users,
  role       text NOT NULL CHECK (role IN ('editor', 'viewer')),
  granted_by uuid NOT NULL REFERENCES users,
  granted_at timestamptz NOT NULL,
  UNIQUE (file_id, user_id)
);
CREATE INDEX grants_to_user ON grants (user_id, granted_at DESC);

-- Grants x tree, flattened; owners' rows included (`via` null). One row per (user, file):
-- `role` null is a tombstone. `seq` is this row's place in the user's feed.
CREATE TABLE access (
  user_id uuid NOT NULL REFERENCES users,
  file_id uuid NOT NULL,
  role    text CHECK (role IN ('owner', 'editor', 'viewer')),
  via     uuid,
  reason  text CHECK (reason IN ('deleted', 'unshared')),
  seq     bigint NOT NULL,
  at      timestamptz NOT NULL,
  PRIMARY KEY (user_id, file_id)
);
CREATE UNIQUE INDEX access_feed ON access (user_id, seq);
CREATE INDEX access_of_file ON access (file_id);

-- Uploads -----------------------------------------------------------------------------------

CREATE TABLE uploads (
  id              uuid PRIMARY KEY,
  request_id      uuid,
  request_hash    bytea,
  file_id         uuid NOT NULL,
  owner_id        uuid NOT NULL REFERENCES users,
  user_id         uuid NOT NULL REFERENCES users,
  device_id       uuid NOT NULL REFERENCES devices,
  parent_id       uuid,
  name            text NOT NULL,
  name_key        text COLLATE "C" NOT NULL,
  size            bigint NOT NULL,
  mime_type       text NOT NULL,
  executable      boolean NOT NULL,
  modified_at     timestamptz,
  fingerprint     bytea,
  recipe          text,
  chunk_count     integer,
  base_mode       text NOT NULL CHECK (base_mode IN ('any', 'none', 'version')),
  base_version    integer,
  base_verified   boolean NOT NULL DEFAULT false,
  pin             boolean NOT NULL DEFAULT false,
  store           text NOT NULL,
  object_key      text COLLATE "C" NOT NULL,
  store_upload_id text,
  part_size       bigint NOT NULL,
  part_count      integer NOT NULL,
  state           text NOT NULL CHECK (state IN ('pending', 'done', 'cancelled')),
  lease_owner     uuid,
  lease_until     timestamptz,
  result_file_id  uuid,
  progress_at     timestamptz NOT NULL,
  -- When the sweeper next looks whether all bytes are there though the client fell silent.
  check_at        timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  created_at      timestamptz NOT NULL
);
CREATE UNIQUE INDEX uploads_by_request ON uploads (user_id, request_id) WHERE request_id IS NOT NULL;
CREATE INDEX uploads_pending_of_user ON uploads (user_id, device_id, name_key) WHERE state = 'pending';
CREATE INDEX uploads_pending_of_file ON uploads (file_id) WHERE state = 'pending';
CREATE INDEX uploads_by_key ON uploads (object_key);
CREATE INDEX uploads_due ON uploads (expires_at);
CREATE INDEX uploads_idle ON uploads (check_at) WHERE state = 'pending';

-- Chunk lists as they arrive: packed records from record number `first` on.
CREATE TABLE upload_chunks (
  upload_id uuid NOT NULL REFERENCES uploads ON DELETE CASCADE,
  first     integer NOT NULL,
  count     integer NOT NULL,
  records   bytea NOT NULL,
  PRIMARY KEY (upload_id, first)
);
ALTER TABLE upload_chunks ALTER COLUMN records SET STORAGE EXTERNAL;

-- Parts the store has vouched for.
CREATE TABLE upload_parts (
  upload_id   uuid NOT NULL REFERENCES uploads ON DELETE CASCADE,
  part_number integer NOT NULL,
  etag        text NOT NULL,
  PRIMARY KEY (upload_id, part_number)
);

-- Objects that a pending upload will link or copy from: not to be condemned meanwhile.
CREATE TABLE upload_sources (
  upload_id uuid NOT NULL REFERENCES uploads ON DELETE CASCADE,
  object_id uuid NOT NULL REFERENCES objects,
  PRIMARY KEY (upload_id, object_id)
);
CREATE INDEX upload_sources_of_object ON upload_sources (object_id);

-- Keys whose bytes must go from the store: cancelled uploads, condemned objects. The row is
-- written in the transaction that gives the key up; whoever deletes at the store removes it after.
CREATE TABLE store_removals (
  id              uuid PRIMARY KEY,
  store           text NOT NULL,
  object_key      text COLLATE "C" NOT NULL,
  store_upload_id text,
  not_before      timestamptz NOT NULL
);
CREATE INDEX store_removals_due ON store_removals (not_before);

-- What servers remember together (the embedded store's or bucket's own id, keys, …).
CREATE TABLE settings (
  name  text PRIMARY KEY,
  value jsonb NOT NULL
);
