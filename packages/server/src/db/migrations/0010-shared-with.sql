-- How many people a file is shared with by itself: counted as they come and go, so that a listing
-- and the feed tell it with the row. Alone, for this locks readers out until its transaction ends.
ALTER TABLE files ADD COLUMN shared_with integer NOT NULL DEFAULT 0;
