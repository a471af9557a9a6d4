-- Where each person's feed stood when an epoch ended: at every start of the database, for only then
-- can it have become an older copy of itself. A cursor of that epoch is good up to there; beyond, it
-- comes from a history that was undone.
CREATE TABLE feed_ends (
  user_id  uuid NOT NULL REFERENCES users,
  epoch    uuid NOT NULL,
  seq      bigint NOT NULL,
  ended_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, epoch)
);
CREATE INDEX feed_ends_age ON feed_ends (ended_at);

-- Tombstones by age, for the one who prunes them.
CREATE INDEX access_tombstones ON access (at) WHERE role IS NULL;
