-- Objects put together from what the store has already -----------------------------------------

-- Put together by a plan: its parts are those of `upload_plans`, and `part_count` those to be sent.
ALTER TABLE uploads ADD COLUMN assembled boolean NOT NULL DEFAULT false;

-- What is copied from which objects, what is sent, what goes through staging objects. `excluded`:
-- sources that turned out not to be there; null plan: sent whole after all.
CREATE TABLE upload_plans (
  upload_id uuid PRIMARY KEY REFERENCES uploads ON DELETE CASCADE,
  plan      jsonb,
  excluded  uuid[] NOT NULL DEFAULT '{}'
);

-- The staging objects of a plan, by their place in it. Their removals are written with them and
-- wait until the upload has ended.
CREATE TABLE upload_stagings (
  upload_id       uuid NOT NULL REFERENCES uploads ON DELETE CASCADE,
  staging         integer NOT NULL,
  object_key      text COLLATE "C" NOT NULL UNIQUE,
  store_upload_id text,
  PRIMARY KEY (upload_id, staging)
);

-- One in eight chunks of every larger content, by the beginning of its id: finds a person's other
-- objects that a new content can be copied from.
CREATE TABLE chunk_samples (
  uploader_id uuid NOT NULL REFERENCES users,
  sample      bigint NOT NULL,
  object_id   uuid NOT NULL REFERENCES objects ON DELETE CASCADE,
  PRIMARY KEY (uploader_id, sample, object_id)
);
CREATE INDEX chunk_samples_of_object ON chunk_samples (object_id);
CREATE INDEX store_removals_by_key ON store_removals (object_key);
