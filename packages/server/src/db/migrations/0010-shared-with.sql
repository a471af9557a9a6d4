-- How many people a file is shared with by itself: counted as they come and go, so that a listing
-- and the feed tell it with the row, and "shared by me" is a range of the few files that are.
ALTER TABLE files ADD COLUMN shared_with integer NOT NULL DEFAULT 0;
UPDATE files SET shared_with = counted.people
FROM (SELECT file_id, count(*) AS people FROM grants GROUP BY file_id) counted
WHERE files.id = counted.file_id;
CREATE INDEX files_shared ON files (owner_id, id) WHERE shared_with > 0 AND deletion_id IS NULL;
