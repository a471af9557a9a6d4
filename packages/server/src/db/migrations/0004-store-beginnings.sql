-- Keys at which a multipart upload may have been begun: written before the store is asked, so that
-- one whose id nobody came to remember (a crash, a lost answer) is found and ended.
CREATE TABLE store_beginnings (
  id         uuid PRIMARY KEY,
  store      text NOT NULL,
  object_key text COLLATE "C" NOT NULL,
  not_before timestamptz NOT NULL
);
CREATE INDEX store_beginnings_due ON store_beginnings (not_before);
